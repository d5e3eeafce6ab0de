-- Entries of the catalogs that are part of an object we name: a default of its table, a row type, an array type, an index of its
-- constraint.
SELECT 'pg_attrdef'::regclass::oid, oid, 'pg_class'::regclass::oid, adrelid FROM pg_attrdef
UNION ALL
SELECT 'pg_rewrite'::regclass, oid, 'pg_class'::regclass, ev_class FROM pg_rewrite WHERE rulename = '_RETURN' AND oid >= 16384
UNION ALL
SELECT 'pg_type'::regclass, reltype, 'pg_class'::regclass, oid FROM pg_class WHERE reltype >= 16384 AND relkind <> 'c'
UNION ALL
SELECT 'pg_class'::regclass, oid, 'pg_type'::regclass, reltype FROM pg_class WHERE oid >= 16384 AND relkind = 'c'
UNION ALL
SELECT 'pg_type'::regclass, typarray, 'pg_type'::regclass, oid FROM pg_type WHERE typarray >= 16384
UNION ALL
SELECT 'pg_type'::regclass, (to_jsonb(r) ->> 'rngmultitypid')::oid, 'pg_type'::regclass, rngtypid
FROM pg_range AS r WHERE (to_jsonb(r) ->> 'rngmultitypid')::oid >= 16384
UNION ALL
SELECT 'pg_constraint'::regclass, oid, 'pg_class'::regclass, conrelid FROM pg_constraint
WHERE conrelid <> 0 AND contype NOT IN ('p', 'u', 'x', 'f', 't') AND convalidated
UNION ALL
-- A constraint trigger's entry needs the trigger, which needs the table.
SELECT 'pg_constraint'::regclass, tgconstraint, 'pg_trigger'::regclass, oid FROM pg_trigger
WHERE NOT tgisinternal AND tgconstraint <> 0
UNION ALL
SELECT 'pg_constraint'::regclass, oid, 'pg_type'::regclass, contypid FROM pg_constraint WHERE contypid <> 0 AND convalidated
UNION ALL
SELECT 'pg_constraint'::regclass, oid, 'pg_constraint'::regclass, conparentid FROM pg_constraint WHERE conparentid <> 0
UNION ALL
SELECT 'pg_class'::regclass, conindid, 'pg_constraint'::regclass, oid FROM pg_constraint WHERE contype IN ('p', 'u', 'x')
UNION ALL
SELECT 'pg_class'::regclass, h.inhrelid, 'pg_class'::regclass, h.inhparent
FROM pg_inherits AS h JOIN pg_class AS x ON x.oid = h.inhrelid AND x.relkind IN ('i', 'I')
WHERE NOT EXISTS (SELECT FROM pg_constraint AS k WHERE k.conindid = h.inhrelid AND k.contype IN ('p', 'u', 'x'))
