-- Comments on objects of the scope. The catalog's own description of an object is nearly the text that COMMENT wants; its parts
-- are quoted.
SELECT 0::oid, 0::oid, 'comment', format('%s %s', it.type, it.identity), NULL, NULL, 'after_all',
       format('COMMENT ON %s %s IS %L',
              CASE WHEN it.type LIKE '% column' THEN 'COLUMN'
                   WHEN it.type IN ('table constraint', 'domain constraint') THEN 'CONSTRAINT'
                   WHEN it.type = 'statistics object' THEN 'STATISTICS'
                   ELSE upper(it.type) END,
              CASE WHEN it.type = 'domain constraint' THEN regexp_replace(it.identity, ' on ', ' ON DOMAIN ') ELSE it.identity END,
              d.description),
       NULL, d.classoid, d.objoid
FROM pg_description AS d
CROSS JOIN LATERAL pg_identify_object(d.classoid, d.objoid, d.objsubid) AS it
LEFT JOIN pg_constraint AS k ON d.classoid = 'pg_constraint'::regclass AND k.oid = d.objoid
LEFT JOIN pg_trigger AS t ON d.classoid = 'pg_trigger'::regclass AND t.oid = d.objoid
LEFT JOIN pg_policy AS p ON d.classoid = 'pg_policy'::regclass AND p.oid = d.objoid
LEFT JOIN pg_rewrite AS r ON d.classoid = 'pg_rewrite'::regclass AND r.oid = d.objoid
LEFT JOIN pg_class AS c ON c.oid = coalesce(nullif(k.conrelid, 0), t.tgrelid, p.polrelid, r.ev_class)
LEFT JOIN pg_namespace AS n ON n.oid = coalesce(c.relnamespace, k.connamespace)
WHERE d.objoid >= 16384
  AND (CASE it.type WHEN 'schema' THEN it.name ELSE it.schema END IN (SELECT quote_ident(s) FROM unnest({schemas}) AS s)
       OR n.nspname = ANY ({schemas}))
  AND NOT EXISTS (SELECT FROM pg_depend AS e
                  WHERE e.classid = d.classoid AND e.objid = d.objoid AND e.deptype = 'e')
