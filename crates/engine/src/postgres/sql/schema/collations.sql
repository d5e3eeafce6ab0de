SELECT 'pg_collation'::regclass::oid, c.oid, 'type', format('%I.%I', n.nspname, c.collname), NULL, NULL, 'before_rows',
       format('CREATE COLLATION %I.%I (%s)', n.nspname, c.collname, concat_ws(', ',
           CASE c.collprovider WHEN 'i' THEN 'provider = icu' WHEN 'b' THEN 'provider = builtin' ELSE 'provider = libc' END,
           CASE WHEN coalesce(to_jsonb(c) ->> 'colllocale', to_jsonb(c) ->> 'colliculocale', c.collcollate) IS NOT NULL
                     AND (c.collprovider <> 'c' OR c.collcollate = c.collctype)
                THEN 'locale = ' || quote_literal(coalesce(to_jsonb(c) ->> 'colllocale', to_jsonb(c) ->> 'colliculocale', c.collcollate))
                ELSE format('lc_collate = %L, lc_ctype = %L', c.collcollate, c.collctype) END,
           CASE WHEN to_jsonb(c) ->> 'collicurules' IS NOT NULL THEN 'rules = ' || quote_literal(to_jsonb(c) ->> 'collicurules') END,
           CASE WHEN NOT c.collisdeterministic THEN 'deterministic = false' END)),
       NULL
FROM pg_collation AS c JOIN pg_namespace AS n ON n.oid = c.collnamespace
WHERE n.nspname = ANY ({schemas}) AND NOT EXISTS (SELECT FROM pg_depend AS d
    WHERE d.classid = 'pg_collation'::regclass AND d.objid = c.oid AND d.deptype = 'e')
