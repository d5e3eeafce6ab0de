SELECT User, Host, plugin, {hash}, ssl_type,
       max_questions + max_updates + max_connections + max_user_connections > 0,
       {expired}, {locked}, {role}, 'N', {weak}
FROM mysql.user
ORDER BY User, Host
