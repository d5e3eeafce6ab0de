SELECT format('%I.%I', n.nspname, k.conname),
       format('FROM %s, %s to %s', k.conproc, pg_encoding_to_char(k.conforencoding), pg_encoding_to_char(k.contoencoding)),
       format('DROP CONVERSION %I.%I', n.nspname, k.conname)
FROM pg_conversion AS k
JOIN pg_namespace AS n ON n.oid = k.connamespace
WHERE n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'daybreak')
  AND NOT EXISTS (SELECT FROM pg_depend AS d
                 WHERE d.classid = 'pg_conversion'::regclass AND d.objid = k.oid AND d.deptype = 'e')
ORDER BY 1
