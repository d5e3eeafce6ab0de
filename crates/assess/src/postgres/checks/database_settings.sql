SELECT concat_ws(' ', CASE WHEN s.setrole <> 0 THEN format('role %I', pg_get_userbyid(s.setrole)) END,
                 CASE WHEN s.setdatabase <> 0 THEN format('database %I', b.datname) END),
       array_to_string(s.setconfig, ', ')
FROM pg_db_role_setting AS s
LEFT JOIN pg_database AS b ON b.oid = s.setdatabase
WHERE s.setdatabase = 0 OR b.datname = current_database()
ORDER BY 1
