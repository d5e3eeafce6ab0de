SELECT format('slot %s', s.slot_name),
       format('%s, not in use; keeps the WAL from %s on', s.slot_type, coalesce(s.restart_lsn::text, 'nowhere')),
       format('SELECT pg_drop_replication_slot(%L)', s.slot_name)
FROM pg_replication_slots AS s
WHERE NOT s.active AND NOT s.temporary AND s.slot_name !~ '^daybreak'
ORDER BY 1
