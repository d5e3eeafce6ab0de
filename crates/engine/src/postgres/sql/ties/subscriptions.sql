-- Whom the server's subscriptions follow. A standby has its primary's in its catalogs, and runs none. The connection string is shown to superusers, for it may hold a password.
SELECT s.subname, s.subconninfo, (s.subenabled AND w.pid IS NOT NULL)::text, s.subslotname
FROM pg_subscription AS s
LEFT JOIN pg_stat_subscription AS w ON w.subid = s.oid AND w.relid IS NULL
WHERE NOT pg_is_in_recovery()
ORDER BY 1
