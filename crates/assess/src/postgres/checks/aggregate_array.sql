SELECT a.aggfnoid::regprocedure::text,
       format('uses %s', a.aggtransfn),
       format('DROP AGGREGATE %s', a.aggfnoid::regprocedure)
FROM pg_aggregate AS a
JOIN pg_proc AS p ON p.oid = a.aggfnoid
JOIN pg_namespace AS n ON n.oid = p.pronamespace
JOIN pg_proc AS f ON f.oid IN (a.aggtransfn, a.aggfinalfn)
WHERE f.pronamespace = 'pg_catalog'::regnamespace
  AND f.proname IN ('array_append', 'array_prepend', 'array_cat', 'array_position', 'array_positions', 'array_remove',
                    'array_replace', 'width_bucket')
  AND a.aggtranstype = 'anyarray'::regtype
  AND n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'daybreak')
  AND NOT EXISTS (SELECT FROM pg_depend AS d
                 WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
UNION ALL
SELECT o.oid::regoperator::text,
       format('uses %s', o.oprcode),
       format('DROP OPERATOR %s', o.oid::regoperator)
FROM pg_operator AS o
JOIN pg_namespace AS n ON n.oid = o.oprnamespace
JOIN pg_proc AS f ON f.oid = o.oprcode
WHERE f.pronamespace = 'pg_catalog'::regnamespace
  AND f.proname IN ('array_append', 'array_prepend', 'array_cat', 'array_position', 'array_positions', 'array_remove',
                    'array_replace', 'width_bucket')
  AND 'anyarray'::regtype IN (o.oprleft, o.oprright)
  AND n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'daybreak')
ORDER BY 1
