SELECT format('role %I', r.rolname),
       'SUPERUSER',
       format('GRANT rds_superuser TO %I', r.rolname)
FROM pg_roles AS r
WHERE r.rolsuper AND r.oid >= 16384
ORDER BY 1
