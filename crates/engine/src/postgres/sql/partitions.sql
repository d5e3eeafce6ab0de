-- Partitions of a table that is divided by ranges of one plain column, whose changes no subscriber is sent, and which no trigger
-- watches for deletes.
SELECT n.nspname, c.relname, pg_catalog.pg_get_expr(c.relpartbound, c.oid), c.relkind,
       pg_catalog.format_type(a.atttypid, a.atttypmod)
FROM pg_catalog.pg_class AS t
JOIN pg_catalog.pg_namespace AS own ON own.oid = t.relnamespace
JOIN pg_catalog.pg_partitioned_table AS p ON p.partrelid = t.oid
JOIN pg_catalog.pg_attribute AS a ON a.attrelid = t.oid AND a.attnum = p.partattrs[0]
JOIN pg_catalog.pg_inherits AS i ON i.inhparent = t.oid
JOIN pg_catalog.pg_class AS c ON c.oid = i.inhrelid
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE own.nspname = {schema} AND t.relname = {table} AND a.attname = {column}
  AND p.partstrat = 'r' AND p.partnatts = 1
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_publication_tables AS s
                  WHERE (s.schemaname, s.tablename) IN ((own.nspname, t.relname), (n.nspname, c.relname)))
  -- Nobody fires them for a partition that goes.
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_trigger AS g
                  WHERE g.tgrelid IN (t.oid, c.oid) AND NOT g.tgisinternal AND g.tgtype & 8 <> 0)
ORDER BY 1, 2
