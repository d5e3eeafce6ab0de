-- Tables of the schemas that are not of the part, and the sequences that are theirs.
WITH part AS ({part}), staying AS (
    SELECT c.oid
    FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
    WHERE n.nspname = ANY ({schemas}) AND c.relkind IN ('r', 'p', 'f') AND c.oid NOT IN (SELECT oid FROM part)
)
SELECT 'pg_class'::regclass::oid, oid FROM staying
UNION ALL
SELECT 'pg_class'::regclass::oid, d.objid
FROM pg_depend AS d JOIN pg_class AS s ON s.oid = d.objid AND s.relkind = 'S'
WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass AND d.deptype IN ('a', 'i')
  AND d.refobjid IN (SELECT oid FROM staying)
