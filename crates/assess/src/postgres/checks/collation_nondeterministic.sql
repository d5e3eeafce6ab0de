SELECT format('%s.%I', c.oid::regclass, a.attname),
       format('COLLATE %I.%I, nondeterministic', kn.nspname, k.collname)
FROM pg_attribute AS a
JOIN pg_class AS c ON c.oid = a.attrelid AND c.relkind IN ('r', 'p')
JOIN pg_namespace AS n ON n.oid = c.relnamespace
JOIN pg_collation AS k ON k.oid = a.attcollation AND NOT k.collisdeterministic
JOIN pg_namespace AS kn ON kn.oid = k.collnamespace
WHERE a.attnum > 0 AND NOT a.attisdropped AND NOT c.relispartition
  AND n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'daybreak')
ORDER BY 1
