SELECT n.nspname, t.relname, i.relname,
       (SELECT json_agg(a.attname ORDER BY k.place)
        FROM unnest(x.indkey::int2[]) WITH ORDINALITY AS k (number, place)
        LEFT JOIN pg_catalog.pg_attribute AS a ON a.attrelid = x.indrelid AND a.attnum = k.number AND k.number > 0
        WHERE k.place <= x.indnkeyatts),
       x.indpred IS NULL AND x.indexprs IS NULL AND x.indisvalid AND m.amname = 'btree'
           AND NOT EXISTS (SELECT FROM unnest(x.indoption::int2[]) AS o (bits) WHERE o.bits <> 0)
           AND NOT EXISTS (SELECT FROM unnest(x.indclass::oid[]) AS u (class)
                           JOIN pg_catalog.pg_opclass AS c ON c.oid = u.class WHERE NOT c.opcdefault)
           AND NOT EXISTS (SELECT FROM unnest(x.indkey::int2[], x.indcollation::oid[]) AS k (number, own)
                           JOIN pg_catalog.pg_attribute AS a ON a.attrelid = x.indrelid AND a.attnum = k.number
                           WHERE k.own <> a.attcollation),
       x.indisunique,
       x.indisunique OR x.indisreplident OR x.indisexclusion
           OR EXISTS (SELECT FROM pg_catalog.pg_constraint AS c WHERE c.conindid = x.indexrelid),
       pg_catalog.pg_relation_size(x.indexrelid)::text,
       s.idx_scan::text
FROM pg_catalog.pg_index AS x
JOIN pg_catalog.pg_class AS t ON t.oid = x.indrelid
JOIN pg_catalog.pg_namespace AS n ON n.oid = t.relnamespace
JOIN pg_catalog.pg_class AS i ON i.oid = x.indexrelid
JOIN pg_catalog.pg_am AS m ON m.oid = i.relam
LEFT JOIN pg_catalog.pg_stat_user_indexes AS s ON s.indexrelid = x.indexrelid
WHERE (n.nspname, t.relname) IN ({tables})
ORDER BY 1, 2, 3
