SELECT format('user mapping of %s for server %I', m.usename, m.srvname),
       'may hold a password'
FROM pg_user_mappings AS m
ORDER BY 1
