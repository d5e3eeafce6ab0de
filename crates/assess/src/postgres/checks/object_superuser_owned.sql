SELECT format('role %I', r.rolname),
       format('a superuser; owns %s', string_agg(o.kind, ', ' ORDER BY o.kind)),
       NULL
FROM (SELECT owner, format('%s %s', count(*), kind) AS kind
      FROM (SELECT c.relowner AS owner, 'table(s) or view(s)' AS kind
            FROM pg_class AS c
            JOIN pg_namespace AS n ON n.oid = c.relnamespace
            WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f')
              AND n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'daybreak')
              AND NOT EXISTS (SELECT FROM pg_depend AS d
                              WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
            UNION ALL
            SELECT p.proowner, 'function(s)'
            FROM pg_proc AS p
            JOIN pg_namespace AS n ON n.oid = p.pronamespace
            WHERE n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'daybreak')
              AND NOT EXISTS (SELECT FROM pg_depend AS d
                 WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')) AS owned
      GROUP BY owner, kind) AS o
JOIN pg_roles AS r ON r.oid = o.owner AND r.rolsuper
GROUP BY r.rolname
ORDER BY 1
