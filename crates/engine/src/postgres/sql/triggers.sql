-- Triggers of a table and of its partitions that fire, whoever made them.
WITH RECURSIVE own (oid) AS (
    SELECT {table}::regclass::oid
    UNION ALL
    SELECT i.inhrelid FROM own
    JOIN pg_catalog.pg_class AS t ON t.oid = own.oid AND t.relkind = 'p'
    JOIN pg_catalog.pg_inherits AS i ON i.inhparent = own.oid
)
SELECT DISTINCT g.tgname FROM own
JOIN pg_catalog.pg_trigger AS g ON g.tgrelid = own.oid
WHERE NOT g.tgisinternal AND g.tgtype & {bit} <> 0 AND g.tgenabled IN ({fires})
ORDER BY 1
