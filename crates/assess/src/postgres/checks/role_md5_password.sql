SELECT format('role %I', r.rolname),
       'its password is kept as MD5',
       NULL
FROM pg_authid AS r
WHERE r.rolpassword LIKE 'md5%'
ORDER BY 1
