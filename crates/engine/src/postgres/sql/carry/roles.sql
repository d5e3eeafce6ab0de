-- Roles that are neither the server's own nor its host's, with all that CREATE ROLE takes but the password; what they own here.
SELECT r.rolname, r.rolcanlogin::text, r.rolsuper::text, r.rolcreaterole::text, r.rolcreatedb::text, r.rolreplication::text,
       r.rolbypassrls::text, r.rolinherit::text, r.rolconnlimit::text, r.rolvaliduntil::text, shobj_description(r.oid, 'pg_authid'),
       (r.rolname = current_user)::text,
       (SELECT count(*)::text FROM pg_shdepend AS d
        WHERE d.refclassid = 'pg_authid'::regclass AND d.refobjid = r.oid AND d.deptype = 'o'
          AND d.dbid = (SELECT oid FROM pg_database WHERE datname = current_database()))
FROM pg_roles AS r
WHERE r.oid >= 16384 AND r.rolname !~ '^(pg_|daybreak)'
  AND r.rolname NOT IN ('rdsadmin', 'rds_superuser', 'rds_replication', 'rds_password', 'rds_iam', 'rds_ad', 'rds_extension',
                        'rds_reserved', 'rdstopmgr', 'rdsrepladmin', 'rdswriteforwarduser', 'rdsproxyadmin')
ORDER BY 1
