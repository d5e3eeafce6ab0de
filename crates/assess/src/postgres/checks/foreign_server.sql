SELECT format('server %I', s.srvname),
       format('%I; %s', w.fdwname, coalesce((SELECT string_agg(o.setting, ', ') FROM unnest(s.srvoptions) AS o (setting)
                                            WHERE o.setting ~ '^(host|hostaddr|port|dbname|servername)='), 'no address'))
FROM pg_foreign_server AS s
JOIN pg_foreign_data_wrapper AS w ON w.oid = s.srvfdw
ORDER BY 1
