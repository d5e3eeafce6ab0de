-- Settings that sessions begin with: the database's own, and those of roles, for it or everywhere. Roles of the server's and of
-- Amazon's are left out, and what a fence sets.
SELECT CASE WHEN s.setrole <> 0 THEN pg_get_userbyid(s.setrole) END, (s.setdatabase <> 0)::text,
       split_part(o, '=', 1), substr(o, strpos(o, '=') + 1)
FROM pg_db_role_setting AS s
LEFT JOIN pg_roles AS r ON r.oid = s.setrole
CROSS JOIN unnest(s.setconfig) AS o
WHERE s.setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
  AND (s.setrole = 0 AND s.setdatabase <> 0 OR NOT r.rolsuper AND r.rolname !~ '^(pg_|rds)')
  AND NOT (s.setrole = 0 AND split_part(o, '=', 1) = 'default_transaction_read_only')
ORDER BY 1 NULLS FIRST, 2, 3, 4
