SELECT format('role %I', r.rolname),
       'the name is Amazon''s own on every cluster',
       format('ALTER ROLE %I RENAME TO %I', r.rolname, 'own_' || r.rolname)
FROM pg_roles AS r
WHERE r.rolname ~ '^(rds_|rdsadmin$|rdsrepladmin$|rdstopmgr$|rdswriteforwarduser$|rdsproxyadmin$)'
ORDER BY 1
