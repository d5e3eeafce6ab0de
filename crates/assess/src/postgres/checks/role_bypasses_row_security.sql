SELECT format('role %I', r.rolname),
       'BYPASSRLS',
       format('ALTER ROLE %I BYPASSRLS', r.rolname)
FROM pg_roles AS r
WHERE r.rolbypassrls AND NOT r.rolsuper
ORDER BY 1
