-- Roles that objects of the schemas {schemas} name: their owners, whoever was granted something, and those of policies, each with
-- the objects. Superusers need no grants, and the roles of the server or of Amazon are everywhere.
WITH objects AS (
    SELECT format('schema %I', n.nspname) AS name, n.nspowner AS owner, n.nspacl AS acl
    FROM pg_namespace AS n WHERE n.nspname = ANY ({schemas})
    UNION ALL
    SELECT format('%s %I.%I', CASE c.relkind WHEN 'S' THEN 'sequence' WHEN 'v' THEN 'view' WHEN 'm' THEN 'view' ELSE 'table' END,
                  n.nspname, c.relname), c.relowner, c.relacl
    FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
    WHERE n.nspname = ANY ({schemas}) AND c.relkind IN ('r', 'p', 'v', 'm', 'S')
      AND NOT EXISTS (SELECT FROM pg_depend AS d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
    UNION ALL
    SELECT format('table %I.%I', n.nspname, c.relname), NULL, a.attacl
    FROM pg_attribute AS a JOIN pg_class AS c ON c.oid = a.attrelid JOIN pg_namespace AS n ON n.oid = c.relnamespace
    WHERE n.nspname = ANY ({schemas}) AND c.relkind IN ('r', 'p', 'v', 'm') AND a.attacl IS NOT NULL AND NOT a.attisdropped
    UNION ALL
    SELECT format('routine %s', p.oid::regprocedure), p.proowner, p.proacl
    FROM pg_proc AS p JOIN pg_namespace AS n ON n.oid = p.pronamespace
    WHERE n.nspname = ANY ({schemas})
      AND NOT EXISTS (SELECT FROM pg_depend AS d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
), named AS (
    SELECT name, owner AS role, false AS always FROM objects
    UNION
    SELECT name, x.grantee, false FROM objects CROSS JOIN LATERAL aclexplode(acl) AS x
    UNION
    SELECT format('policy %I on %I.%I', p.polname, n.nspname, c.relname), unnest(p.polroles), true
    FROM pg_policy AS p JOIN pg_class AS c ON c.oid = p.polrelid JOIN pg_namespace AS n ON n.oid = c.relnamespace
    WHERE n.nspname = ANY ({schemas})
)
SELECT r.rolname, r.rolcanlogin, string_agg(DISTINCT named.name, E'\x01' ORDER BY named.name)
FROM named JOIN pg_roles AS r ON r.oid = named.role
WHERE named.always OR NOT r.rolsuper AND r.rolname <> current_user AND r.rolname !~ '^(pg_|rds)'
GROUP BY r.rolname, r.rolcanlogin
ORDER BY r.rolname
