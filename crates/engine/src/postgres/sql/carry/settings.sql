-- What is set for roles, for all databases or for this one; lists are kept as they stand after SET.
SELECT r.rolname, (s.setdatabase <> 0)::text, split_part(c.config, '=', 1), substr(c.config, strpos(c.config, '=') + 1)
FROM pg_db_role_setting AS s JOIN pg_roles AS r ON r.oid = s.setrole CROSS JOIN LATERAL unnest(s.setconfig) WITH ORDINALITY AS c (config, place)
WHERE s.setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
ORDER BY 1, 2, c.place
