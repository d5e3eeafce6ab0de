-- Row security: whether a table has it, and its policies.
SELECT 'pg_policy'::regclass::oid, p.oid, 'rule', format('%I.%I.%I', n.nspname, c.relname, p.polname), n.nspname, c.relname, 'after_all',
       format('CREATE POLICY %I ON %I.%I AS %s FOR %s TO %s%s%s', p.polname, n.nspname, c.relname,
              CASE WHEN p.polpermissive THEN 'PERMISSIVE' ELSE 'RESTRICTIVE' END,
              CASE p.polcmd WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE' WHEN 'd' THEN 'DELETE' ELSE 'ALL' END,
              (SELECT string_agg(CASE role WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(role)) END, ', ' ORDER BY role)
               FROM unnest(p.polroles) AS role),
              format(' USING (%s)', CASE WHEN p.polqual IS NULL THEN NULL ELSE pg_get_expr(p.polqual, p.polrelid) END)
                  || CASE WHEN p.polqual IS NULL THEN NULL ELSE '' END,
              format(' WITH CHECK (%s)', pg_get_expr(p.polwithcheck, p.polrelid))
                  || CASE WHEN p.polwithcheck IS NULL THEN NULL ELSE '' END),
       NULL, NULL::oid, NULL::oid
FROM pg_policy AS p
JOIN pg_class AS c ON c.oid = p.polrelid
JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = ANY ({schemas})
UNION ALL
SELECT 'pg_class'::regclass::oid, 0::oid, 'rule', format('row security of %I.%I', n.nspname, c.relname), n.nspname, c.relname, 'after_all',
       concat_ws(E'\x01',
           CASE WHEN c.relrowsecurity THEN format('ALTER TABLE %I.%I ENABLE ROW LEVEL SECURITY', n.nspname, c.relname) END,
           CASE WHEN c.relforcerowsecurity THEN format('ALTER TABLE %I.%I FORCE ROW LEVEL SECURITY', n.nspname, c.relname) END),
       NULL, 'pg_class'::regclass::oid, c.oid
FROM pg_class AS c
JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = ANY ({schemas}) AND c.relkind IN ('r', 'p') AND (c.relrowsecurity OR c.relforcerowsecurity)
