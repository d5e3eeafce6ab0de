-- Rights that later objects are given by themselves, in the schemas {schemas} or in all. What its maker holds of an object by
-- making it is no grant; everybody may run functions and use types anyway.
SELECT format('ALTER DEFAULT PRIVILEGES FOR ROLE %I%s GRANT %s ON %s TO %s%s', pg_get_userbyid(d.defaclrole),
              ' IN SCHEMA ' || quote_ident(n.nspname), string_agg(x.privilege_type, ', ' ORDER BY x.privilege_type),
              CASE d.defaclobjtype WHEN 'r' THEN 'TABLES' WHEN 'S' THEN 'SEQUENCES' WHEN 'f' THEN 'FUNCTIONS' WHEN 'T' THEN 'TYPES'
                                   WHEN 'n' THEN 'SCHEMAS' ELSE 'LARGE OBJECTS' END,
              CASE x.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(x.grantee)) END,
              CASE WHEN x.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END)
FROM pg_default_acl AS d
LEFT JOIN pg_namespace AS n ON n.oid = d.defaclnamespace
CROSS JOIN LATERAL aclexplode(d.defaclacl) AS x
WHERE (d.defaclnamespace = 0 OR n.nspname = ANY ({schemas})) AND x.grantee <> d.defaclrole
  AND NOT (x.grantee = 0 AND d.defaclobjtype IN ('f', 'T'))
GROUP BY d.defaclrole, n.nspname, d.defaclobjtype, x.grantee, x.is_grantable
ORDER BY 1
