-- Tables that hold rows: plain ones, and partitioned ones as the whole. A table never analysed has no estimate of its rows;
-- a hundred bytes a row stand in for it.
SELECT n.nspname, c.relname,
       CASE WHEN size.tuples > 0 THEN size.tuples ELSE size.bytes / 100 END::bigint::text,
       size.bytes::text
FROM pg_class AS c
JOIN pg_namespace AS n ON n.oid = c.relnamespace
CROSS JOIN LATERAL (
    SELECT coalesce(sum(greatest(part.reltuples, 0)), 0)::numeric AS tuples,
           coalesce(sum(pg_table_size(part.oid)), 0) AS bytes
    FROM (SELECT c.oid WHERE c.relkind = 'r'
          UNION ALL
          SELECT relid FROM pg_partition_tree(CASE c.relkind WHEN 'p' THEN c.oid END) WHERE isleaf) AS leaf (oid)
    JOIN pg_class AS part ON part.oid = leaf.oid
) AS size
WHERE n.nspname = ANY ({schemas}) AND c.relkind IN ('r', 'p') AND NOT c.relispartition
  AND c.relpersistence IN ('p', 'u')
  AND NOT EXISTS (SELECT FROM pg_depend AS d
                  WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
ORDER BY 1, 2
