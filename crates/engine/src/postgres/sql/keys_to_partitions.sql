-- Foreign keys that refer to a partition of a table itself, not as part of one that refers to the whole table.
WITH RECURSIVE below (oid) AS (
    SELECT i.inhrelid FROM pg_catalog.pg_inherits AS i
    JOIN pg_catalog.pg_class AS t ON t.oid = i.inhparent AND t.relkind = 'p'
    WHERE i.inhparent = {table}::regclass
    UNION ALL
    SELECT i.inhrelid FROM below JOIN pg_catalog.pg_inherits AS i ON i.inhparent = below.oid
)
SELECT k.conname, cn.nspname, c.relname, pn.nspname, p.relname
FROM below
JOIN pg_catalog.pg_constraint AS k ON k.confrelid = below.oid AND k.contype = 'f' AND k.conparentid = 0
JOIN pg_catalog.pg_class AS c ON c.oid = k.conrelid
JOIN pg_catalog.pg_namespace AS cn ON cn.oid = c.relnamespace
JOIN pg_catalog.pg_class AS p ON p.oid = k.confrelid
JOIN pg_catalog.pg_namespace AS pn ON pn.oid = p.relnamespace
ORDER BY 2, 3, 1
