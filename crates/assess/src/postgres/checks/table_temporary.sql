SELECT format('temporary tables of %s session(s)', count(DISTINCT c.relnamespace)),
       string_agg(DISTINCT c.relname::text, ', ')
FROM pg_class AS c
WHERE c.relpersistence = 't' AND c.relkind = 'r'
HAVING count(*) > 0
