-- Enumerations, domains, composites and ranges. Base types need code in C: they come with an extension or not at all. What can be
-- changed of one by itself is a statement of its own.
SELECT 'pg_type'::regclass::oid, t.oid, 'type', format('%I.%I', n.nspname, t.typname), NULL, NULL, 'before_rows',
       CASE t.typtype
       WHEN 'e' THEN format('CREATE TYPE %I.%I AS ENUM (%s)', n.nspname, t.typname,
           (SELECT string_agg(quote_literal(enumlabel), ', ' ORDER BY enumsortorder) FROM pg_enum WHERE enumtypid = t.oid))
       WHEN 'd' THEN concat_ws(E'\x01',
           format('CREATE DOMAIN %I.%I AS %s%s', n.nspname, t.typname, format_type(t.typbasetype, t.typtypmod),
               (SELECT format(' COLLATE %I.%I', cn.nspname, co.collname)
                FROM pg_collation AS co JOIN pg_namespace AS cn ON cn.oid = co.collnamespace
                WHERE co.oid = t.typcollation
                  AND t.typcollation <> (SELECT b.typcollation FROM pg_type AS b WHERE b.oid = t.typbasetype))),
           format('ALTER DOMAIN %I.%I SET DEFAULT ', n.nspname, t.typname) || pg_get_expr(t.typdefaultbin, 0),
           CASE WHEN t.typnotnull THEN format('ALTER DOMAIN %I.%I SET NOT NULL', n.nspname, t.typname) END,
           (SELECT string_agg(format('ALTER DOMAIN %I.%I ADD CONSTRAINT %I %s', n.nspname, t.typname, conname,
                                     pg_get_constraintdef(k.oid)), E'\x01' ORDER BY conname)
            FROM pg_constraint AS k WHERE k.contypid = t.oid AND k.contype = 'c' AND k.convalidated))
       WHEN 'c' THEN concat_ws(E'\x01', format('CREATE TYPE %I.%I AS ()', n.nspname, t.typname),
           (SELECT string_agg(format('ALTER TYPE %I.%I ADD ATTRIBUTE %I %s%s', n.nspname, t.typname, a.attname,
                format_type(a.atttypid, a.atttypmod),
                (SELECT format(' COLLATE %I.%I', cn.nspname, co.collname)
                 FROM pg_collation AS co JOIN pg_namespace AS cn ON cn.oid = co.collnamespace
                 WHERE co.oid = a.attcollation
                   AND a.attcollation <> (SELECT b.typcollation FROM pg_type AS b WHERE b.oid = a.atttypid))),
                E'\x01' ORDER BY a.attnum)
            FROM pg_attribute AS a WHERE a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped))
       WHEN 'r' THEN format('CREATE TYPE %I.%I AS RANGE (%s%s)', n.nspname, t.typname, range.options, range.multirange)
       END,
       CASE WHEN t.typtype = 'r' THEN format('CREATE TYPE %I.%I AS RANGE (%s)', n.nspname, t.typname, range.options) END
FROM pg_type AS t
JOIN pg_namespace AS n ON n.oid = t.typnamespace
LEFT JOIN pg_class AS c ON c.oid = t.typrelid
LEFT JOIN LATERAL (
    SELECT concat_ws(', ',
               'SUBTYPE = ' || format_type(r.rngsubtype, -1),
               (SELECT format('SUBTYPE_OPCLASS = %I.%I', opn.nspname, op.opcname)
                FROM pg_opclass AS op JOIN pg_namespace AS opn ON opn.oid = op.opcnamespace
                WHERE op.oid = r.rngsubopc AND NOT op.opcdefault),
               (SELECT format('COLLATION = %I.%I', cn.nspname, co.collname)
                FROM pg_collation AS co JOIN pg_namespace AS cn ON cn.oid = co.collnamespace
                WHERE co.oid = r.rngcollation
                  AND r.rngcollation <> (SELECT b.typcollation FROM pg_type AS b WHERE b.oid = r.rngsubtype)),
               CASE WHEN r.rngsubdiff <> 0 THEN 'SUBTYPE_DIFF = ' || r.rngsubdiff::regproc END) AS options,
           (SELECT format(', MULTIRANGE_TYPE_NAME = %I.%I', mn.nspname, m.typname)
            FROM pg_type AS m JOIN pg_namespace AS mn ON mn.oid = m.typnamespace
            WHERE m.oid = (to_jsonb(r) ->> 'rngmultitypid')::oid) AS multirange
    FROM pg_range AS r WHERE r.rngtypid = t.oid
) AS range ON true
WHERE n.nspname = ANY ({schemas})
  AND (t.typtype IN ('e', 'd', 'r') OR t.typtype = 'c' AND c.relkind = 'c')
  AND NOT EXISTS (SELECT FROM pg_depend AS d
                  WHERE d.classid = 'pg_type'::regclass AND d.objid = t.oid AND d.deptype = 'e')
