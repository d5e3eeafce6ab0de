-- Sequences that stand alone or serve a `serial` column; those of identity columns are made with their table. What they
-- hand out next is carried apart.
SELECT 'pg_class'::regclass::oid, c.oid, 'sequence', format('%I.%I', n.nspname, c.relname), NULL, NULL, 'before_rows',
       format('CREATE %sSEQUENCE %I.%I AS %s START WITH %s INCREMENT BY %s MINVALUE %s MAXVALUE %s CACHE %s %sCYCLE',
              CASE c.relpersistence WHEN 'u' THEN 'UNLOGGED ' END,
              n.nspname, c.relname, format_type(s.seqtypid, NULL), s.seqstart, s.seqincrement, s.seqmin, s.seqmax, s.seqcache,
              CASE WHEN s.seqcycle THEN '' ELSE 'NO ' END),
       NULL
FROM pg_sequence AS s
JOIN pg_class AS c ON c.oid = s.seqrelid
JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = ANY ({schemas}) AND c.relpersistence <> 't'
  AND NOT EXISTS (SELECT FROM pg_depend AS d
                  WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype IN ('e', 'i'))
