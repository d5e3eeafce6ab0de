SELECT format('event trigger %I', e.evtname),
       format('ON %s, calls %s', e.evtevent, e.evtfoid::regproc)
FROM pg_event_trigger AS e
WHERE NOT EXISTS (SELECT FROM pg_depend AS d
                 WHERE d.classid = 'pg_event_trigger'::regclass AND d.objid = e.oid AND d.deptype = 'e')
  AND e.evtname !~ '^daybreak'
ORDER BY 1
