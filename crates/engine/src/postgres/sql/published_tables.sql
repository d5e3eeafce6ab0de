-- Logged tables of the schemas {schemas}: partitioned ones as the whole, or by their partitions where the server knows no better
-- ({whole} is false). With each, the statements without which the server would refuse every UPDATE and DELETE of it once it is
-- published (manual, "Publication"): for each relation that holds its rows, whose updated and deleted rows the log does not name. A
-- primary key that is deferrable names none, and neither does an index that was dropped since. Where the whole has no key the log
-- must hold whole rows, also those of a partition with a key of its own: the other side looks for them by all of their values.
WITH relations AS (
    SELECT c.oid, c.relkind, c.relispartition, c.relpersistence, n.nspname AS schema, c.relname AS name, c.relreplident AS identity,
           EXISTS (SELECT FROM pg_index AS i
                   WHERE i.indrelid = c.oid AND i.indisprimary AND i.indimmediate AND i.indisvalid) AS key,
           c.relreplident = 'i'
               AND EXISTS (SELECT FROM pg_index AS i WHERE i.indrelid = c.oid AND i.indisreplident AND i.indisvalid) AS index
    FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p')
), members AS (
    SELECT oid AS whole, oid FROM relations
    UNION
    SELECT r.oid, tree.relid FROM relations AS r CROSS JOIN LATERAL pg_partition_tree(r.oid) AS tree WHERE r.relkind = 'p'
)
SELECT format('%s%I.%I', CASE whole.relkind WHEN 'p' THEN '' ELSE 'ONLY ' END, whole.schema, whole.name),
       string_agg(format('ALTER TABLE ONLY %I.%I REPLICA IDENTITY %s', own.schema, own.name,
                         CASE WHEN own.key AND (whole.key OR whole.index) THEN 'DEFAULT' ELSE 'FULL' END),
                  E'\x01' ORDER BY own.schema, own.name)
           FILTER (WHERE NOT CASE WHEN own.identity = 'f' THEN true
                                  WHEN NOT (whole.key OR whole.index) THEN false
                                  ELSE own.index OR own.identity = 'd' AND own.key END),
       whole.schema, whole.name
FROM relations AS whole
JOIN members ON members.whole = whole.oid
JOIN relations AS own ON own.oid = members.oid
WHERE whole.schema = ANY ({schemas}) AND whole.relpersistence = 'p'
  AND CASE WHEN {whole} THEN NOT whole.relispartition ELSE whole.relkind = 'r' END
  AND NOT EXISTS (SELECT FROM pg_depend AS d
                  WHERE d.classid = 'pg_class'::regclass AND d.objid = whole.oid AND d.deptype = 'e')
GROUP BY whole.oid, whole.relkind, whole.schema, whole.name
ORDER BY whole.schema, whole.name
