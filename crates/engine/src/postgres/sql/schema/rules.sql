SELECT 'pg_rewrite'::regclass::oid, r.oid, 'rule', format('%I.%I.%I', n.nspname, c.relname, r.rulename), n.nspname, c.relname, 'after_all',
       concat_ws(E'\x01', pg_get_ruledef(r.oid),
           CASE WHEN r.ev_enabled <> 'O' THEN format('ALTER TABLE %I.%I %s RULE %I', n.nspname, c.relname,
               CASE r.ev_enabled WHEN 'D' THEN 'DISABLE' WHEN 'R' THEN 'ENABLE REPLICA' ELSE 'ENABLE ALWAYS' END, r.rulename) END),
       NULL
FROM pg_rewrite AS r
JOIN pg_class AS c ON c.oid = r.ev_class
JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = ANY ({schemas}) AND r.rulename <> '_RETURN'
  AND NOT EXISTS (SELECT FROM pg_depend AS d
                  WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
