-- Logged tables of the schemas {schemas}: partitioned ones as the whole, or by their partitions where the server knows no better
-- ({whole} is false). With each, the statements without which the server would refuse every UPDATE and DELETE of it once it is
-- published (manual, "Publication"): for each relation that holds its rows, whose updated and deleted rows the log does not name. A
-- primary key that is deferrable names none, and neither does an index that was dropped since.
SELECT format('%s%I.%I', CASE c.relkind WHEN 'p' THEN '' ELSE 'ONLY ' END, n.nspname, c.relname),
       (SELECT string_agg(format('ALTER TABLE ONLY %I.%I REPLICA IDENTITY %s', own.schema, own.name, CASE WHEN own.key THEN 'DEFAULT' ELSE 'FULL' END),
                          E'\x01' ORDER BY own.schema, own.name)
        FROM (SELECT tn.nspname AS schema, t.relname AS name, t.relreplident AS identity,
                     EXISTS (SELECT FROM pg_index AS i
                             WHERE i.indrelid = t.oid AND i.indisprimary AND i.indimmediate AND i.indisvalid) AS key,
                     EXISTS (SELECT FROM pg_index AS i WHERE i.indrelid = t.oid AND i.indisreplident AND i.indisvalid) AS index
              FROM pg_class AS t JOIN pg_namespace AS tn ON tn.oid = t.relnamespace
              WHERE t.oid = c.oid OR t.oid IN (SELECT relid FROM pg_partition_tree(c.oid))) AS own
        WHERE NOT CASE own.identity WHEN 'f' THEN true WHEN 'i' THEN own.index WHEN 'd' THEN own.key ELSE false END),
       n.nspname, c.relname
FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = ANY ({schemas}) AND c.relpersistence = 'p'
  AND CASE WHEN {whole} THEN c.relkind IN ('r', 'p') AND NOT c.relispartition ELSE c.relkind = 'r' END
  AND NOT EXISTS (SELECT FROM pg_depend AS d
                  WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
ORDER BY n.nspname, c.relname
