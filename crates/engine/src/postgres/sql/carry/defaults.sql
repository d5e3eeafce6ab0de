-- What objects to come will be given: the role that makes them, and the statement.
SELECT pg_get_userbyid(d.defaclrole),
       format('ALTER DEFAULT PRIVILEGES FOR ROLE %I%s GRANT %s ON %s TO %s%s', pg_get_userbyid(d.defaclrole),
              CASE d.defaclnamespace WHEN 0 THEN '' ELSE format(' IN SCHEMA %I', (SELECT nspname FROM pg_namespace WHERE oid = d.defaclnamespace)) END,
              string_agg(x.privilege_type, ', ' ORDER BY x.privilege_type),
              CASE d.defaclobjtype WHEN 'r' THEN 'TABLES' WHEN 'S' THEN 'SEQUENCES' WHEN 'f' THEN 'ROUTINES' WHEN 'T' THEN 'TYPES' WHEN 'n' THEN 'SCHEMAS'
                                   ELSE 'LARGE OBJECTS' END,
              CASE x.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(x.grantee)) END,
              CASE WHEN x.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END)
FROM pg_default_acl AS d CROSS JOIN LATERAL aclexplode(d.defaclacl) AS x
WHERE x.grantee <> d.defaclrole
GROUP BY d.oid, d.defaclrole, d.defaclnamespace, d.defaclobjtype, x.grantee, x.is_grantable
ORDER BY 1, 2
