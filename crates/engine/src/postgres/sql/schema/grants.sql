-- Rights on objects of the scope. Objects are made as our own account, so what their owner holds by owning them is granted, too.
-- What a fence holds back for now belongs to them. Class and object, the role (NULL for everybody), the statement.
WITH held AS (
    SELECT 'pg_class'::regclass::oid AS class, c.oid, 0 AS column_number, NULL::name AS column_name,
           CASE c.relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END AS kind, format('%I.%I', n.nspname, c.relname) AS name,
           coalesce(c.relacl, acldefault(CASE c.relkind WHEN 'S' THEN 's' ELSE 'r' END::"char", c.relowner)) AS acl
    FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
    WHERE n.nspname = ANY ({schemas}) AND c.relkind IN ('r', 'p', 'v', 'm', 'S')
    UNION ALL
    SELECT 'pg_class'::regclass::oid, c.oid, a.attnum, a.attname, 'TABLE', format('%I.%I', n.nspname, c.relname), a.attacl
    FROM pg_attribute AS a JOIN pg_class AS c ON c.oid = a.attrelid JOIN pg_namespace AS n ON n.oid = c.relnamespace
    WHERE n.nspname = ANY ({schemas}) AND c.relkind IN ('r', 'p', 'v', 'm') AND a.attacl IS NOT NULL AND NOT a.attisdropped
    UNION ALL
    SELECT 'pg_class'::regclass::oid, c.oid, s.column_number, a.attname, CASE c.relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END,
           format('%I.%I', n.nspname, c.relname), s.acl
    FROM {fenced} AS s JOIN pg_class AS c ON c.oid = s.relation JOIN pg_namespace AS n ON n.oid = c.relnamespace
    LEFT JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = s.column_number AND s.column_number > 0
    WHERE n.nspname = ANY ({schemas}) AND c.relkind IN ('r', 'p', 'v', 'm', 'S') AND (s.column_number = 0 OR NOT a.attisdropped)
    UNION ALL
    SELECT 'pg_proc'::regclass::oid, p.oid, 0, NULL, 'ROUTINE', p.oid::regprocedure::text, p.proacl
    FROM pg_proc AS p JOIN pg_namespace AS n ON n.oid = p.pronamespace
    WHERE n.nspname = ANY ({schemas}) AND p.proacl IS NOT NULL
    UNION ALL
    SELECT 'pg_type'::regclass::oid, t.oid, 0, NULL, 'TYPE', format('%I.%I', n.nspname, t.typname), t.typacl
    FROM pg_type AS t JOIN pg_namespace AS n ON n.oid = t.typnamespace
    WHERE n.nspname = ANY ({schemas}) AND t.typacl IS NOT NULL
    UNION ALL
    SELECT 'pg_namespace'::regclass::oid, n.oid, 0, NULL, 'SCHEMA', format('%I', n.nspname),
           coalesce(n.nspacl, acldefault('n', n.nspowner))
    FROM pg_namespace AS n
    WHERE n.nspname = ANY ({schemas})
)
SELECT class, oid, CASE x.grantee WHEN 0 THEN NULL ELSE pg_get_userbyid(x.grantee) END,
       format('GRANT %s ON %s %s TO %s%s',
              string_agg(DISTINCT x.privilege_type || CASE WHEN column_number > 0 THEN format(' (%I)', column_name) ELSE '' END, ', '),
              kind, name, CASE x.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(x.grantee)) END,
              CASE WHEN x.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END)
FROM held CROSS JOIN LATERAL aclexplode(acl) AS x
-- Whoever owns the database has the schema `public` by that (15).
WHERE pg_get_userbyid(x.grantee) <> 'pg_database_owner' AND (x.grantee = 0 OR EXISTS (SELECT FROM pg_roles AS r WHERE r.oid = x.grantee))
  AND (x.privilege_type <> 'MAINTAIN' OR {maintain})
GROUP BY class, oid, column_number, kind, name, x.grantee, x.is_grantable
UNION ALL
-- Everybody may run a routine and use a type unless that was taken away, and use the schema `public`, which every database has.
SELECT class, oid, NULL, format('REVOKE ALL ON %s %s FROM PUBLIC', kind, name)
FROM held
WHERE (kind IN ('ROUTINE', 'TYPE') OR kind = 'SCHEMA' AND name = 'public') AND NOT EXISTS (SELECT FROM aclexplode(acl) AS x WHERE x.grantee = 0)
ORDER BY 1, 2, 4 DESC
