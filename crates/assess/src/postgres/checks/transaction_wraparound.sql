SELECT format('database %I', b.datname),
       format('its oldest transaction id is %s transactions old', age(b.datfrozenxid))
FROM pg_database AS b
WHERE age(b.datfrozenxid) > 1000000000
ORDER BY 1
