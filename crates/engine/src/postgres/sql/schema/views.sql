-- Views, and materialised ones without their rows. The definition leads with the columns: see schema/canonical.rs for the rest.
SELECT 'pg_class'::regclass::oid, c.oid, 'view', format('%I.%I', n.nspname, c.relname), NULL, NULL, 'after_all',
       CASE c.relkind
       WHEN 'v' THEN format('CREATE VIEW %I.%I%s AS %s', n.nspname, c.relname, options.text, body.text)
       ELSE format('CREATE MATERIALIZED VIEW %I.%I%s AS %s WITH NO DATA', n.nspname, c.relname, options.text, body.text) END,
       format('%s %I.%I%s (%s) AS %s', c.relkind, n.nspname, c.relname, options.text,
              (SELECT string_agg(format('%I %s', attname, format_type(atttypid, atttypmod)), ', ' ORDER BY attnum)
               FROM pg_attribute WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped),
              body.text)
FROM pg_class AS c
JOIN pg_namespace AS n ON n.oid = c.relnamespace
CROSS JOIN LATERAL (SELECT rtrim(btrim(pg_get_viewdef(c.oid)), ';') AS text) AS body
CROSS JOIN LATERAL (
    SELECT (SELECT format(' WITH (%s)', string_agg(format('%s = %L', split_part(o, '=', 1), substr(o, strpos(o, '=') + 1)), ', '))
            FROM unnest(c.reloptions) AS o HAVING count(*) > 0) AS text
) AS options
WHERE n.nspname = ANY ({schemas}) AND c.relkind IN ('v', 'm')
  AND NOT EXISTS (SELECT FROM pg_depend AS d
                  WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
