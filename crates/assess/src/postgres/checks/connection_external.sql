SELECT format('pg_hba.conf, line %s', h.line_number),
       concat_ws(' ', h.type, array_to_string(h.database, ','), array_to_string(h.user_name, ','), h.address, h.auth_method)
FROM pg_hba_file_rules AS h
WHERE h.error IS NULL AND h.type LIKE 'host%'
  AND h.auth_method IN ('ldap', 'pam', 'bsd', 'radius', 'ident', 'cert', 'sspi', 'gss', 'oauth')
ORDER BY h.line_number
