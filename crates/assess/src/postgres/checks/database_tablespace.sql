SELECT format('tablespace %I', t.spcname),
       coalesce((SELECT string_agg(c.oid::regclass::text, ', ')
                 FROM (SELECT c.oid FROM pg_class AS c WHERE c.reltablespace = t.oid ORDER BY c.oid LIMIT 5) AS c),
                'nothing of this database is in it'),
       (SELECT format('ALTER TABLE ALL IN TABLESPACE %I SET TABLESPACE pg_default', t.spcname)
        WHERE EXISTS (SELECT FROM pg_class AS c WHERE c.reltablespace = t.oid))
FROM pg_tablespace AS t
WHERE t.spcname NOT IN ('pg_default', 'pg_global')
ORDER BY 1
