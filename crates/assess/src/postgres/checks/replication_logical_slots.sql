SELECT format('slot %s', s.slot_name),
       format('logical, plugin %s, database %s, %s', s.plugin, s.database, CASE WHEN s.active THEN 'in use' ELSE 'not in use' END)
FROM pg_replication_slots AS s
WHERE s.slot_type = 'logical' AND s.slot_name !~ '^daybreak'
ORDER BY 1
