-- Who is a member of which role: the member, the role, whether it may admit others, and from 16 on whether it has the role's rights by
-- itself and may become it ({options} is the pair of columns, or what held before).
SELECT DISTINCT m.rolname, g.rolname, a.admin_option::text, {options}
FROM pg_auth_members AS a JOIN pg_roles AS m ON m.oid = a.member JOIN pg_roles AS g ON g.oid = a.roleid
ORDER BY 1, 2
