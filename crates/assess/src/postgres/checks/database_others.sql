SELECT format('database %I', b.datname),
       'on the same server, not looked at here'
FROM pg_database AS b
WHERE NOT b.datistemplate AND b.datconnlimit <> -2
  AND b.datname NOT IN (current_database(), 'postgres', 'rdsadmin')
ORDER BY 1
