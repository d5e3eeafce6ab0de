-- Foreign keys from tables of these schemas or to them, each as the parent of a partitioned table has it.
SELECT k.conname, cn.nspname, c.relname, pn.nspname, p.relname,
       CASE k.confdeltype WHEN 'a' THEN 'NO ACTION' WHEN 'r' THEN 'RESTRICT' WHEN 'c' THEN 'CASCADE'
                          WHEN 'n' THEN 'SET NULL' ELSE 'SET DEFAULT' END,
       (SELECT string_agg(a.attname, E'\x01' ORDER BY u.place)
        FROM unnest(k.conkey) WITH ORDINALITY AS u (attnum, place)
        JOIN pg_attribute AS a ON a.attrelid = k.conrelid AND a.attnum = u.attnum),
       (SELECT string_agg(a.attname, E'\x01' ORDER BY u.place)
        FROM unnest(k.confkey) WITH ORDINALITY AS u (attnum, place)
        JOIN pg_attribute AS a ON a.attrelid = k.confrelid AND a.attnum = u.attnum)
FROM pg_constraint AS k
JOIN pg_class AS c ON c.oid = k.conrelid
JOIN pg_namespace AS cn ON cn.oid = c.relnamespace
JOIN pg_class AS p ON p.oid = k.confrelid
JOIN pg_namespace AS pn ON pn.oid = p.relnamespace
WHERE k.contype = 'f' AND k.conparentid = 0 AND (cn.nspname = ANY ({schemas}) OR pn.nspname = ANY ({schemas}))
ORDER BY cn.nspname, c.relname, k.conname
