SELECT format('pg_hba.conf, line %s', h.line_number),
       concat_ws(' ', h.type, array_to_string(h.database, ','), array_to_string(h.user_name, ','), h.address, h.auth_method)
FROM pg_hba_file_rules AS h
WHERE h.error IS NULL AND h.type LIKE 'host%' AND h.auth_method <> 'reject'
  AND (h.address = 'all' OR h.netmask IN ('0.0.0.0', '::'))
ORDER BY h.line_number
