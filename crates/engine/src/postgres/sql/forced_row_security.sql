-- Tables of the schemas {schemas} whose row security is forced on their owner.
SELECT format('%I.%I', n.nspname, c.relname)
FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = ANY ({schemas}) AND c.relkind IN ('r', 'p') AND c.relrowsecurity AND c.relforcerowsecurity
ORDER BY 1
