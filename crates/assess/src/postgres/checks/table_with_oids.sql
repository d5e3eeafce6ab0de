SELECT c.oid::regclass::text,
       'WITH OIDS',
       format('ALTER TABLE %s SET WITHOUT OIDS', c.oid::regclass)
FROM pg_class AS c
JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE to_jsonb(c) ->> 'relhasoids' = 'true' AND c.relkind IN ('r', 'p')
  AND n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'daybreak')
ORDER BY 1
