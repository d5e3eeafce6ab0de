-- Views with the defaults of their columns, and materialised ones without their rows. The definition leads with the columns: see
-- schema/canonical.rs for the rest.
SELECT 'pg_class'::regclass::oid, c.oid, 'view', format('%I.%I', n.nspname, c.relname), NULL, NULL, 'after_all',
       concat_ws(E'\x01', CASE c.relkind
           WHEN 'v' THEN format('CREATE VIEW %I.%I%s AS %s', n.nspname, c.relname, options.text, body.text)
           ELSE format('CREATE MATERIALIZED VIEW %I.%I%s AS %s WITH NO DATA', n.nspname, c.relname, options.text, body.text) END,
           defaults.text),
       format('%s %I.%I%s (%s) AS %s%s', c.relkind, n.nspname, c.relname, options.text,
              (SELECT string_agg(format('%I %s', attname, format_type(atttypid, atttypmod)), ', ' ORDER BY attnum)
               FROM pg_attribute WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped),
              body.text, defaults.text)
FROM pg_class AS c
JOIN pg_namespace AS n ON n.oid = c.relnamespace
CROSS JOIN LATERAL (SELECT rtrim(btrim(pg_get_viewdef(c.oid)), ';') AS text) AS body
CROSS JOIN LATERAL (
    SELECT (SELECT format(' WITH (%s)', string_agg(format('%s = %L', split_part(o, '=', 1), substr(o, strpos(o, '=') + 1)), ', '))
            FROM unnest(c.reloptions) AS o HAVING count(*) > 0) AS text
) AS options
CROSS JOIN LATERAL (
    SELECT string_agg(format('ALTER VIEW %I.%I ALTER COLUMN %I SET DEFAULT %s', n.nspname, c.relname, a.attname,
                             pg_get_expr(d.adbin, d.adrelid)), E'\x01' ORDER BY a.attnum) AS text
    FROM pg_attrdef AS d JOIN pg_attribute AS a ON a.attrelid = d.adrelid AND a.attnum = d.adnum
    WHERE d.adrelid = c.oid
) AS defaults
WHERE n.nspname = ANY ({schemas}) AND c.relkind IN ('v', 'm')
  AND NOT EXISTS (SELECT FROM pg_depend AS d
                  WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
