-- Indexes that belong to no constraint and no parent's index. An invalid one is left out: it serves nobody. Those of a partition
-- alone are made with the table that its rows are copied with.
SELECT 'pg_class'::regclass::oid, x.oid, 'index', format('%I.%I', n.nspname, x.relname), rn.nspname, root.relname,
       CASE c.relkind WHEN 'm' THEN 'after_all' ELSE 'after_rows' END,
       concat_ws(E'\x01', regexp_replace(pg_get_indexdef(x.oid), ' ON ONLY ', ' ON '),
           CASE WHEN i.indisreplident AND c.relreplident = 'i'
                THEN format('ALTER TABLE ONLY %I.%I REPLICA IDENTITY USING INDEX %I', tn.nspname, c.relname, x.relname) END,
           CASE WHEN i.indisclustered THEN format('ALTER TABLE %I.%I CLUSTER ON %I', tn.nspname, c.relname, x.relname) END,
           (SELECT string_agg(format('ALTER INDEX %I.%I ALTER COLUMN %s SET STATISTICS %s', n.nspname, x.relname, a.attnum, a.attstattarget), E'\x01' ORDER BY a.attnum)
            FROM pg_attribute AS a WHERE a.attrelid = x.oid AND coalesce(a.attstattarget, -1) >= 0)),
       NULL
FROM pg_index AS i
JOIN pg_class AS x ON x.oid = i.indexrelid
JOIN pg_namespace AS n ON n.oid = x.relnamespace
JOIN pg_class AS c ON c.oid = i.indrelid
JOIN pg_namespace AS tn ON tn.oid = c.relnamespace
JOIN pg_class AS root ON root.oid = coalesce(pg_partition_root(c.oid), c.oid)
JOIN pg_namespace AS rn ON rn.oid = root.relnamespace
WHERE tn.nspname = ANY ({schemas}) AND c.relkind IN ('r', 'p', 'm') AND i.indislive AND (i.indisvalid OR c.relkind = 'p')
  AND NOT EXISTS (SELECT FROM pg_constraint AS k WHERE k.conindid = x.oid AND k.contype IN ('p', 'u', 'x'))
  AND NOT EXISTS (SELECT FROM pg_inherits AS h WHERE h.inhrelid = x.oid)
  AND NOT EXISTS (SELECT FROM pg_depend AS d
                  WHERE d.classid = 'pg_class'::regclass AND d.objid IN (x.oid, c.oid) AND d.deptype = 'e')
