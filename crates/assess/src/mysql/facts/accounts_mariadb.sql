SELECT u.User, u.Host, u.plugin, GREATEST(LENGTH(COALESCE(u.Password, '')), LENGTH(u.authentication_string)), u.ssl_type,
       u.max_questions + u.max_updates + u.max_connections + u.max_user_connections > 0,
       u.password_expired,
       COALESCE(JSON_VALUE(p.Priv, '$.account_locked'), '0') IN ('1', 'true'),
       u.is_role,
       JSON_EXISTS(p.Priv, '$.auth_or'), {weak}
FROM mysql.user AS u
JOIN mysql.global_priv AS p ON p.User = u.User AND p.Host = u.Host
ORDER BY u.User, u.Host
