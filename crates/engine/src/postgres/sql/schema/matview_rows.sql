-- A materialised view that has rows gets them after everything else that it may read from: others that it reads, through views, too,
-- before it.
WITH RECURSIVE reads AS (
    SELECT DISTINCT r.ev_class AS reader, d.refobjid AS read
    FROM pg_rewrite AS r
    JOIN pg_depend AS d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid
                       AND d.refclassid = 'pg_class'::regclass AND d.refobjid <> r.ev_class
    JOIN pg_class AS c ON c.oid = d.refobjid AND c.relkind IN ('v', 'm')
), depths AS (
    SELECT oid, 0 AS depth FROM pg_class WHERE relkind IN ('v', 'm')
    UNION
    SELECT reads.reader, depths.depth + 1 FROM depths JOIN reads ON reads.read = depths.oid
)
SELECT 0::oid, c.oid, 'view', format('rows of %I.%I', n.nspname, c.relname), NULL, NULL, 'after_all',
       format('REFRESH MATERIALIZED VIEW %I.%I', n.nspname, c.relname), NULL, 'pg_class'::regclass::oid, c.oid
FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = ANY ({schemas}) AND c.relkind = 'm' AND c.relispopulated
  AND NOT EXISTS (SELECT FROM pg_depend AS d
                  WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
ORDER BY (SELECT max(depth) FROM depths WHERE depths.oid = c.oid), 4
