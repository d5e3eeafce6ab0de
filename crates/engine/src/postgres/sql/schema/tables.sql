-- Tables with all of their columns. A partition is made on its own and attached, a child made on its own and then told whom it
-- inherits from: so each keeps its own order of columns. REPLICA IDENTITY FULL is made but not compared: replication sets it on
-- tables without a key.
SELECT 'pg_class'::regclass::oid, c.oid, 'table', format('%I.%I', n.nspname, c.relname), n.nspname, c.relname, 'before_rows',
       concat_ws(E'\x01', made.create_table, made.storage, made.inherits, made.attach, made.owned,
                 CASE c.relreplident
                     WHEN 'f' THEN format('ALTER TABLE ONLY %I.%I REPLICA IDENTITY FULL', n.nspname, c.relname)
                     WHEN 'n' THEN format('ALTER TABLE ONLY %I.%I REPLICA IDENTITY NOTHING', n.nspname, c.relname) END),
       concat_ws(E'\x01', made.create_table, made.storage, made.inherits, made.attach, made.owned)
FROM pg_class AS c
JOIN pg_namespace AS n ON n.oid = c.relnamespace
CROSS JOIN LATERAL (
    SELECT format('CREATE %sTABLE %I.%I (%s)%s%s', CASE c.relpersistence WHEN 'u' THEN 'UNLOGGED ' END, n.nspname, c.relname,
               concat_ws(', ',
                   (SELECT string_agg(format('%I %s', a.attname, concat_ws(' ',
                        format_type(a.atttypid, a.atttypmod),
                        CASE to_jsonb(a) ->> 'attcompression' WHEN 'p' THEN 'COMPRESSION pglz' WHEN 'l' THEN 'COMPRESSION lz4' END,
                        (SELECT format('COLLATE %I.%I', cn.nspname, co.collname)
                         FROM pg_collation AS co JOIN pg_namespace AS cn ON cn.oid = co.collnamespace
                         WHERE co.oid = a.attcollation
                           AND a.attcollation <> (SELECT t.typcollation FROM pg_type AS t WHERE t.oid = a.atttypid)),
                        CASE a.attgenerated
                            WHEN 's' THEN format('GENERATED ALWAYS AS (%s) STORED', pg_get_expr(d.adbin, d.adrelid))
                            WHEN 'v' THEN format('GENERATED ALWAYS AS (%s) VIRTUAL', pg_get_expr(d.adbin, d.adrelid))
                            ELSE 'DEFAULT ' || pg_get_expr(d.adbin, d.adrelid) END,
                        CASE WHEN a.attidentity <> '' AND NOT c.relispartition THEN
                            (SELECT format('GENERATED %s AS IDENTITY (SEQUENCE NAME %I.%I START WITH %s INCREMENT BY %s MINVALUE %s MAXVALUE %s CACHE %s %sCYCLE)',
                                 CASE a.attidentity WHEN 'a' THEN 'ALWAYS' ELSE 'BY DEFAULT' END, sn.nspname, sc.relname,
                                 s.seqstart, s.seqincrement, s.seqmin, s.seqmax, s.seqcache, CASE WHEN s.seqcycle THEN '' ELSE 'NO ' END)
                             FROM pg_depend AS dep
                             JOIN pg_sequence AS s ON s.seqrelid = dep.objid
                             JOIN pg_class AS sc ON sc.oid = s.seqrelid
                             JOIN pg_namespace AS sn ON sn.oid = sc.relnamespace
                             WHERE dep.classid = 'pg_class'::regclass AND dep.refclassid = 'pg_class'::regclass
                               AND dep.refobjid = c.oid AND dep.refobjsubid = a.attnum AND dep.deptype = 'i') END,
                        CASE WHEN a.attnotnull THEN 'NOT NULL' END)), ', ' ORDER BY a.attnum)
                    FROM pg_attribute AS a LEFT JOIN pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
                    WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped),
                   (SELECT string_agg(format('CONSTRAINT %I %s', k.conname, pg_get_constraintdef(k.oid)), ', ' ORDER BY k.conname)
                    FROM pg_constraint AS k WHERE k.conrelid = c.oid AND k.contype = 'c' AND k.convalidated)),
               ' PARTITION BY ' || CASE WHEN c.relkind = 'p' THEN pg_get_partkeydef(c.oid) END,
               (SELECT format(' WITH (%s)', string_agg(options.text, ', '))
                FROM (SELECT format('%s = %L', split_part(o, '=', 1), substr(o, strpos(o, '=') + 1)) AS text FROM unnest(c.reloptions) AS o
                      UNION ALL
                      SELECT format('toast.%s = %L', split_part(o, '=', 1), substr(o, strpos(o, '=') + 1))
                      FROM pg_class AS toast CROSS JOIN unnest(toast.reloptions) AS o WHERE toast.oid = c.reltoastrelid) AS options
                HAVING count(*) > 0)) AS create_table,
           (SELECT string_agg(set_.text, E'\x01' ORDER BY set_.attnum) FROM (
                SELECT a.attnum, format('ALTER TABLE ONLY %I.%I ALTER COLUMN %I SET STORAGE %s', n.nspname, c.relname, a.attname,
                           CASE a.attstorage WHEN 'p' THEN 'PLAIN' WHEN 'e' THEN 'EXTERNAL' WHEN 'm' THEN 'MAIN' ELSE 'EXTENDED' END) AS text
                FROM pg_attribute AS a JOIN pg_type AS t ON t.oid = a.atttypid
                WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attstorage <> t.typstorage
                UNION ALL
                SELECT a.attnum, format('ALTER TABLE ONLY %I.%I ALTER COLUMN %I SET STATISTICS %s', n.nspname, c.relname, a.attname, a.attstattarget)
                FROM pg_attribute AS a
                WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND coalesce(a.attstattarget, -1) >= 0
                UNION ALL
                -- The newest minor releases keep a number of their own, pg_attver, among the options; it is the server's, not the table's.
                SELECT a.attnum, format('ALTER TABLE ONLY %I.%I ALTER COLUMN %I SET (%s)', n.nspname, c.relname, a.attname, kept.options)
                FROM pg_attribute AS a
                CROSS JOIN LATERAL (SELECT string_agg(o.text, ', ' ORDER BY o.place) AS options
                                    FROM unnest(a.attoptions) WITH ORDINALITY AS o (text, place)
                                    WHERE split_part(o.text, '=', 1) <> 'pg_attver') AS kept
                WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND kept.options IS NOT NULL) AS set_) AS storage,
           (SELECT string_agg(format('ALTER TABLE ONLY %I.%I INHERIT %I.%I', n.nspname, c.relname, pn.nspname, p.relname), E'\x01' ORDER BY h.inhseqno)
            FROM pg_inherits AS h JOIN pg_class AS p ON p.oid = h.inhparent JOIN pg_namespace AS pn ON pn.oid = p.relnamespace
            WHERE h.inhrelid = c.oid AND NOT c.relispartition) AS inherits,
           (SELECT format('ALTER TABLE ONLY %I.%I ATTACH PARTITION %I.%I %s', pn.nspname, p.relname, n.nspname, c.relname,
                          pg_get_expr(c.relpartbound, c.oid))
            FROM pg_inherits AS h JOIN pg_class AS p ON p.oid = h.inhparent JOIN pg_namespace AS pn ON pn.oid = p.relnamespace
            WHERE h.inhrelid = c.oid AND c.relispartition) AS attach,
           (SELECT string_agg(format('ALTER SEQUENCE %I.%I OWNED BY %I.%I.%I', sn.nspname, s.relname, n.nspname, c.relname, a.attname), E'\x01' ORDER BY s.relname)
            FROM pg_depend AS dep
            JOIN pg_class AS s ON s.oid = dep.objid AND s.relkind = 'S'
            JOIN pg_namespace AS sn ON sn.oid = s.relnamespace
            JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = dep.refobjsubid
            WHERE dep.classid = 'pg_class'::regclass AND dep.refclassid = 'pg_class'::regclass
              AND dep.refobjid = c.oid AND dep.deptype = 'a') AS owned
    OFFSET 0 -- Else each is computed twice, for what is made and for what is compared.
) AS made
WHERE n.nspname = ANY ({schemas}) AND c.relkind IN ('r', 'p') AND c.relpersistence IN ('p', 'u')
  AND NOT EXISTS (SELECT FROM pg_depend AS d
                  WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
