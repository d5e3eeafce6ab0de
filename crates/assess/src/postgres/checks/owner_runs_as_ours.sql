SELECT p.oid::regprocedure::text,
       format('SECURITY DEFINER, owned by %I', pg_get_userbyid(p.proowner)),
       format('ALTER ROUTINE %s OWNER TO %I', p.oid::regprocedure, pg_get_userbyid(p.proowner))
FROM pg_proc AS p
JOIN pg_namespace AS n ON n.oid = p.pronamespace
JOIN pg_roles AS r ON r.oid = p.proowner
WHERE p.prosecdef AND NOT r.rolsuper AND r.rolname <> current_user
  AND n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'daybreak')
  AND NOT EXISTS (SELECT FROM pg_depend AS d
                 WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
UNION ALL
-- A view reads with its owner's rights; one whose owner may not read all that it names is refused today.
SELECT v.oid::regclass::text,
       format('its owner %I may not read %s', pg_get_userbyid(v.relowner), string_agg(DISTINCT t.oid::regclass::text, ', ')),
       format('ALTER VIEW %s OWNER TO %I', v.oid::regclass, pg_get_userbyid(v.relowner))
FROM pg_class AS v
JOIN pg_namespace AS n ON n.oid = v.relnamespace
JOIN pg_roles AS r ON r.oid = v.relowner
JOIN pg_rewrite AS w ON w.ev_class = v.oid
JOIN pg_depend AS d ON d.classid = 'pg_rewrite'::regclass AND d.objid = w.oid AND d.refclassid = 'pg_class'::regclass
JOIN pg_class AS t ON t.oid = d.refobjid AND t.oid <> v.oid AND t.relkind IN ('r', 'p', 'v', 'm', 'f')
WHERE v.relkind = 'v' AND NOT r.rolsuper AND r.rolname <> current_user
  AND NOT coalesce(v.reloptions && ARRAY['security_invoker=true', 'security_invoker=on'], false)
  AND n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'daybreak')
  AND NOT has_table_privilege(v.relowner, t.oid, 'SELECT') AND NOT has_any_column_privilege(v.relowner, t.oid, 'SELECT')
GROUP BY v.oid, v.relowner
ORDER BY 1
