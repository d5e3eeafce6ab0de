SELECT 'schema public',
       'PUBLIC has CREATE',
       'REVOKE CREATE ON SCHEMA public FROM PUBLIC'
FROM pg_namespace AS n
CROSS JOIN LATERAL aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner))) AS g
WHERE n.nspname = 'public' AND g.grantee = 0 AND g.privilege_type = 'CREATE'
