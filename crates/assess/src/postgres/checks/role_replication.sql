SELECT format('role %I', r.rolname),
       'REPLICATION',
       format('GRANT rds_replication TO %I', r.rolname)
FROM pg_roles AS r
WHERE r.rolreplication AND NOT r.rolsuper AND r.rolname <> 'rdsrepladmin'
  AND r.rolname !~ '^daybreak'
ORDER BY 1
