SELECT format('%I on %s', k.conname, c.oid::regclass),
       pg_get_constraintdef(k.oid),
       format('ALTER TABLE %s VALIDATE CONSTRAINT %I', c.oid::regclass, k.conname)
FROM pg_constraint AS k
JOIN pg_class AS c ON c.oid = k.conrelid
JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE NOT k.convalidated AND coalesce(to_jsonb(k) ->> 'conenforced', 'true') = 'true'
  AND n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'daybreak')
ORDER BY 1
