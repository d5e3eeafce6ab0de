SELECT format('%I on %s', r.rulename, c.oid::regclass),
       CASE r.ev_enabled WHEN 'A' THEN 'enabled always: it fires for replicated rows, too'
                         WHEN 'R' THEN 'enabled for replicated rows'
                         WHEN 'D' THEN 'disabled' ELSE 'enabled' END,
       CASE WHEN r.ev_enabled IN ('A', 'R')
            THEN format('ALTER TABLE %s ENABLE RULE %I', c.oid::regclass, r.rulename) END
FROM pg_rewrite AS r
JOIN pg_class AS c ON c.oid = r.ev_class
JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE r.rulename <> '_RETURN'
  AND n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'daybreak')
  AND NOT EXISTS (SELECT FROM pg_depend AS d
                 WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
ORDER BY 1
