-- Primary keys, unique and exclusion constraints after the rows; foreign keys, and checks that old rows may break, be they a
-- table's or a domain's, after all.
-- What a partition has from its parent comes with the parent's; what it has alone is made with the table that its rows are copied
-- with.
SELECT 'pg_constraint'::regclass::oid, k.oid,
       CASE k.contype WHEN 'f' THEN 'foreign_key' WHEN 'c' THEN 'table' ELSE 'index' END,
       format('%I.%I.%I', n.nspname, c.relname, k.conname), rn.nspname, root.relname,
       CASE WHEN k.contype IN ('f', 'c') THEN 'after_all' ELSE 'after_rows' END,
       concat_ws(E'\x01',
           format('ALTER TABLE %s%I.%I ADD CONSTRAINT %I %s', CASE WHEN c.relkind = 'p' OR k.contype = 'c' THEN '' ELSE 'ONLY ' END,
                  n.nspname, c.relname, k.conname, pg_get_constraintdef(k.oid)),
           CASE WHEN i.indisreplident AND c.relreplident = 'i'
                THEN format('ALTER TABLE ONLY %I.%I REPLICA IDENTITY USING INDEX %I', n.nspname, c.relname, k.conname) END,
           CASE WHEN i.indisclustered THEN format('ALTER TABLE %I.%I CLUSTER ON %I', n.nspname, c.relname, k.conname) END),
       NULL
FROM pg_constraint AS k
JOIN pg_class AS c ON c.oid = k.conrelid
JOIN pg_namespace AS n ON n.oid = c.relnamespace
JOIN pg_class AS root ON root.oid = coalesce(pg_partition_root(c.oid), c.oid)
JOIN pg_namespace AS rn ON rn.oid = root.relnamespace
LEFT JOIN pg_index AS i ON i.indexrelid = k.conindid AND k.contype IN ('p', 'u', 'x')
WHERE n.nspname = ANY ({schemas}) AND c.relkind IN ('r', 'p')
  AND (k.contype IN ('p', 'u', 'x', 'f') OR k.contype = 'c' AND NOT k.convalidated)
  AND k.conparentid = 0
  AND NOT (k.contype = 'c' AND k.coninhcount > 0)
  AND NOT EXISTS (SELECT FROM pg_depend AS d
                  WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
UNION ALL
SELECT 'pg_constraint'::regclass, k.oid, 'type', format('%I.%I.%I', n.nspname, t.typname, k.conname), NULL, NULL, 'after_all',
       format('ALTER DOMAIN %I.%I ADD CONSTRAINT %I %s', n.nspname, t.typname, k.conname, pg_get_constraintdef(k.oid)), NULL
FROM pg_constraint AS k
JOIN pg_type AS t ON t.oid = k.contypid
JOIN pg_namespace AS n ON n.oid = t.typnamespace
WHERE n.nspname = ANY ({schemas}) AND k.contype = 'c' AND NOT k.convalidated
  AND NOT EXISTS (SELECT FROM pg_depend AS d
                  WHERE d.classid = 'pg_type'::regclass AND d.objid = t.oid AND d.deptype = 'e')
