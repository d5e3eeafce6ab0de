SELECT format('pg_hba.conf, line %s', h.line_number),
       concat_ws(' ', h.type, array_to_string(h.database, ','), array_to_string(h.user_name, ','), h.address, h.auth_method)
FROM pg_hba_file_rules AS h
WHERE h.error IS NULL AND h.type IN ('host', 'hostnossl') AND h.auth_method <> 'reject'
  AND NOT coalesce(h.address IN ('127.0.0.1', '::1', 'localhost') AND h.netmask NOT IN ('0.0.0.0', '::'), false)
ORDER BY h.line_number
