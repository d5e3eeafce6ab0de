-- The key of each: its primary key, else the narrowest unique index that covers every row and holds no NULL.
SELECT DISTINCT ON (n.nspname, c.relname)
       n.nspname, c.relname, x.relname,
       (SELECT string_agg(a.attname, E'\x01' ORDER BY k.place)
        FROM unnest(i.indkey::int2[]) WITH ORDINALITY AS k (attnum, place)
        JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = k.attnum
        WHERE k.place <= i.indnkeyatts)
FROM pg_index AS i
JOIN pg_class AS x ON x.oid = i.indexrelid
JOIN pg_class AS c ON c.oid = i.indrelid
JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = ANY ({schemas}) AND c.relkind IN ('r', 'p') AND NOT c.relispartition
  AND i.indisunique AND i.indisvalid AND i.indimmediate AND i.indpred IS NULL AND i.indexprs IS NULL
  AND NOT EXISTS (SELECT FROM unnest(i.indkey::int2[]) WITH ORDINALITY AS k (attnum, place)
                  JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = k.attnum
                  WHERE k.place <= i.indnkeyatts AND NOT a.attnotnull)
ORDER BY n.nspname, c.relname, i.indisprimary DESC, i.indnkeyatts, x.relname
