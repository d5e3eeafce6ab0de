-- Triggers, and where one is switched otherwise on a partition than on the table it comes from, that.
SELECT 'pg_trigger'::regclass::oid, t.oid, 'trigger', format('%I.%I.%I', n.nspname, c.relname, t.tgname), n.nspname, c.relname, 'after_all',
       concat_ws(E'\x01', pg_get_triggerdef(t.oid),
           CASE WHEN t.tgenabled <> 'O' THEN format('ALTER TABLE %I.%I %s TRIGGER %I', n.nspname, c.relname,
               CASE t.tgenabled WHEN 'D' THEN 'DISABLE' WHEN 'R' THEN 'ENABLE REPLICA' ELSE 'ENABLE ALWAYS' END, t.tgname) END),
       NULL
FROM pg_trigger AS t
JOIN pg_class AS c ON c.oid = t.tgrelid
JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = ANY ({schemas}) AND NOT t.tgisinternal AND NOT starts_with(t.tgname, 'daybreak_fence_') AND coalesce((to_jsonb(t) ->> 'tgparentid')::oid, 0) = 0
  AND NOT EXISTS (SELECT FROM pg_depend AS d
                  WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
UNION ALL
SELECT 'pg_trigger'::regclass, t.oid, 'trigger', format('%I.%I.%I', n.nspname, c.relname, t.tgname), n.nspname, c.relname, 'after_all',
       format('ALTER TABLE %I.%I %s TRIGGER %I', n.nspname, c.relname,
              CASE t.tgenabled WHEN 'D' THEN 'DISABLE' WHEN 'R' THEN 'ENABLE REPLICA' WHEN 'A' THEN 'ENABLE ALWAYS' ELSE 'ENABLE' END, t.tgname),
       NULL
FROM pg_trigger AS t
JOIN pg_trigger AS up ON up.oid = (to_jsonb(t) ->> 'tgparentid')::oid
JOIN pg_class AS c ON c.oid = t.tgrelid
JOIN pg_namespace AS n ON n.oid = c.relnamespace
-- Before PostgreSQL 15 those of partitions count as internal, as those of foreign keys do.
WHERE n.nspname = ANY ({schemas}) AND t.tgenabled <> up.tgenabled
  AND NOT EXISTS (SELECT FROM pg_constraint AS k WHERE k.oid = t.tgconstraint AND k.contype <> 't')
