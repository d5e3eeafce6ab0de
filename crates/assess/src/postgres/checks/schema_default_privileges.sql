SELECT concat_ws(' ', format('role %I', pg_get_userbyid(d.defaclrole)),
                 CASE WHEN d.defaclnamespace <> 0 THEN format('in schema %s', d.defaclnamespace::regnamespace) END),
       format('%s: %s', CASE d.defaclobjtype WHEN 'r' THEN 'tables' WHEN 'S' THEN 'sequences' WHEN 'f' THEN 'functions'
                                           WHEN 'T' THEN 'types' WHEN 'n' THEN 'schemas' ELSE d.defaclobjtype::text END,
              array_to_string(d.defaclacl, ', '))
FROM pg_default_acl AS d
ORDER BY 1, 2
