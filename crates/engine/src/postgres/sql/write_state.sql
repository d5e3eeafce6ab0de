-- Every path of the fence as it is now: recovery, the database's setting, rights to write held by anybody but ourselves in
-- the fenced schemas, and who is held by no fence at all.
SELECT pg_is_in_recovery()::text,
       EXISTS (SELECT FROM pg_db_role_setting AS s
               WHERE s.setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database())
                 AND s.setrole = 0
                 AND s.setconfig && ARRAY['default_transaction_read_only=on', 'default_transaction_read_only=true'])::text,
       EXISTS (SELECT FROM daybreak.fence)::text,
       (SELECT string_agg(DISTINCT held.who || ' on ' || held.what, ', ')
        FROM (SELECT CASE x.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_get_userbyid(x.grantee) END AS who,
                     format('%I.%I', n.nspname, c.relname) AS what
              FROM pg_class AS c
              JOIN pg_namespace AS n ON n.oid = c.relnamespace
              CROSS JOIN LATERAL aclexplode(coalesce(c.relacl,
                  acldefault(CASE c.relkind WHEN 'S' THEN 's' ELSE 'r' END::"char", c.relowner))) AS x
              WHERE n.nspname IN (SELECT unnest(schemas) FROM daybreak.fence)
                AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
                AND x.grantee <> (SELECT oid FROM pg_roles WHERE rolname = current_user)
                AND (x.privilege_type IN ('INSERT', 'UPDATE', 'DELETE', 'TRUNCATE')
                     OR c.relkind = 'S' AND x.privilege_type = 'USAGE')
              LIMIT 5) AS held)
