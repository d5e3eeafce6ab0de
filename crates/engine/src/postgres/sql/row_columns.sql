-- Their columns. A type is named with an explicit "no modifier": without, `character` would mean `character(1)`.
SELECT n.nspname, c.relname, a.attname, format_type(a.atttypid, -1), format_type(a.atttypid, a.atttypmod),
       (NOT a.attnotnull)::text, (a.attgenerated <> '')::text
FROM pg_attribute AS a
JOIN pg_class AS c ON c.oid = a.attrelid
JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = ANY ({schemas}) AND c.relkind IN ('r', 'p') AND NOT c.relispartition
  AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY 1, 2, a.attnum
