SELECT format('%I on %s', t.tgname, c.oid::regclass),
       'disabled',
       format('ALTER TABLE %s ENABLE TRIGGER %I', c.oid::regclass, t.tgname)
FROM pg_trigger AS t
JOIN pg_class AS c ON c.oid = t.tgrelid
JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE NOT t.tgisinternal AND t.tgenabled = 'D'
  AND n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'daybreak')
ORDER BY 1
