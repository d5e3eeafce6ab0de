-- Who may do something with single tables and views of the schemas {schemas}, or with some of their columns, owners left out.
SELECT DISTINCT CASE x.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(x.grantee)) END, n.nspname, c.relname
FROM pg_class AS c
JOIN pg_namespace AS n ON n.oid = c.relnamespace
CROSS JOIN LATERAL (
    SELECT grantee FROM aclexplode(c.relacl)
    UNION
    SELECT a.grantee FROM pg_attribute AS t CROSS JOIN LATERAL aclexplode(t.attacl) AS a WHERE t.attrelid = c.oid AND t.attacl IS NOT NULL
) AS x
WHERE n.nspname = ANY ({schemas}) AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND x.grantee <> c.relowner
ORDER BY 1, 2, 3
