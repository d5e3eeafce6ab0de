SELECT format('role %I', m.rolname),
       format('member of %s', string_agg(r.rolname::text, ', ' ORDER BY r.rolname)),
       NULL
FROM pg_auth_members AS a
JOIN pg_roles AS r ON r.oid = a.roleid
JOIN pg_roles AS m ON m.oid = a.member
WHERE r.rolname IN ('pg_read_server_files', 'pg_write_server_files', 'pg_execute_server_program')
GROUP BY m.rolname
ORDER BY 1
