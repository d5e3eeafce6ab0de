-- Rights on this database: the role, none for everybody; the rights; whether they may be handed on. Everybody has CONNECT and
-- TEMPORARY unless they were taken away.
SELECT CASE x.grantee WHEN 0 THEN NULL ELSE pg_get_userbyid(x.grantee) END,
       string_agg(x.privilege_type, ', ' ORDER BY x.privilege_type), x.is_grantable::text
FROM pg_database AS d CROSS JOIN LATERAL aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) AS x
WHERE d.datname = current_database() AND x.grantee <> d.datdba
GROUP BY x.grantee, x.is_grantable
ORDER BY 1
