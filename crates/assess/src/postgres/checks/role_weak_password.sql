SELECT format('role %I', a.rolname),
       'its password is its name, or one that is tried first'
FROM pg_authid AS a
WHERE a.rolcanlogin AND a.rolpassword LIKE 'md5%'
  AND EXISTS (SELECT FROM unnest(ARRAY[a.rolname::text, 'password', 'postgres', 'secret', 'changeme', 'admin', 'test', '123456', 'welcome']) AS w (word)
              WHERE a.rolpassword = 'md5' || md5(w.word || a.rolname))
ORDER BY 1
