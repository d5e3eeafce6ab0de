-- A materialised view that has rows gets them after everything else that it may read from.
SELECT 0::oid, c.oid, 'view', format('rows of %I.%I', n.nspname, c.relname), NULL, NULL, 'after_all',
       format('REFRESH MATERIALIZED VIEW %I.%I', n.nspname, c.relname), NULL
FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = ANY ({schemas}) AND c.relkind = 'm' AND c.relispopulated
  AND NOT EXISTS (SELECT FROM pg_depend AS d
                  WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
