SELECT c.oid::regclass::text,
       format('its oldest row may be %s transactions old', age(c.relfrozenxid)),
       format('VACUUM (FREEZE) %s', c.oid::regclass)
FROM pg_class AS c
JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'm') AND age(c.relfrozenxid) > 500000000
  AND c.relpersistence <> 't' AND n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'daybreak')
ORDER BY 1
