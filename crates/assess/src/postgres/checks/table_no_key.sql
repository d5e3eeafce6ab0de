SELECT c.oid::regclass::text,
       format('no primary key and no replica identity; about %s rows', greatest(c.reltuples, 0)::bigint),
       coalesce((SELECT format('ALTER TABLE %s REPLICA IDENTITY USING INDEX %I', c.oid::regclass, x.relname)
                 FROM pg_index AS i
                 JOIN pg_class AS x ON x.oid = i.indexrelid
                 WHERE i.indrelid = c.oid
                   AND i.indisunique AND i.indisvalid AND i.indimmediate
                   AND i.indpred IS NULL AND i.indexprs IS NULL
                   AND NOT EXISTS (SELECT FROM pg_attribute AS a
                                   WHERE a.attrelid = c.oid AND a.attnum = ANY (i.indkey) AND NOT a.attnotnull)
                 ORDER BY x.relname LIMIT 1),
                format('ALTER TABLE %s REPLICA IDENTITY FULL', c.oid::regclass))
FROM pg_class AS c
JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND NOT c.relispartition AND c.relpersistence = 'p'
  AND c.relreplident = 'd'
  AND NOT EXISTS (SELECT FROM pg_index AS i WHERE i.indrelid = c.oid AND i.indisprimary)
  AND n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'daybreak')
  AND NOT EXISTS (SELECT FROM pg_depend AS d
                 WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
ORDER BY 1
