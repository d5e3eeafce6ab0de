SELECT format('subscription %I', s.subname),
       format('%s, publications %s', CASE WHEN s.subenabled THEN 'enabled' ELSE 'disabled' END,
              array_to_string(s.subpublications, ', '))
FROM pg_subscription AS s
JOIN pg_database AS b ON b.oid = s.subdbid AND b.datname = current_database()
WHERE s.subname !~ '^daybreak'
ORDER BY 1
