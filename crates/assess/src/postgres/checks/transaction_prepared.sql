SELECT format('transaction %L', x.gid),
       format('prepared at %s by %s in database %s', x.prepared, x.owner, x.database),
       format('ROLLBACK PREPARED %L', x.gid)
FROM pg_prepared_xacts AS x
ORDER BY 1
