-- What cannot be carried: the object, why, what to do.
SELECT format('table %I.%I', n.nspname, c.relname), 'it is unlogged: its changes are in no log, so they cannot be followed',
       format('ALTER TABLE %I.%I SET LOGGED, or empty the table and leave its schema out', n.nspname, c.relname)
FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = ANY ({schemas}) AND c.relkind IN ('r', 'p') AND c.relpersistence = 'u'
UNION ALL
SELECT format('foreign table %I.%I', n.nspname, c.relname), 'it needs a foreign server with an address and a password of its own',
       'create the server, its user mappings and the table on the target by hand, and drop it here or leave its schema out'
FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = ANY ({schemas}) AND c.relkind = 'f'
UNION ALL
SELECT format('%s large objects', count(*)), 'large objects are not in any schema, and their changes cannot be followed',
       'move them into a bytea column, or remove orphans with vacuumlo'
FROM pg_largeobject_metadata HAVING count(*) > 0
UNION ALL
SELECT format('routine %s', p.oid::regprocedure), format('it is written in %s, which needs a library on the server''s disk', l.lanname),
       'install it as an extension, or write it anew in SQL or PL/pgSQL'
FROM pg_proc AS p JOIN pg_namespace AS n ON n.oid = p.pronamespace JOIN pg_language AS l ON l.oid = p.prolang
WHERE n.nspname = ANY ({schemas}) AND l.lanname IN ('c', 'internal') AND p.prokind <> 'a'
  AND NOT EXISTS (SELECT FROM pg_depend AS d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype IN ('e', 'i'))
UNION ALL
SELECT format('aggregate %s', p.oid::regprocedure), 'its state is of the type internal, which only a superuser may use', 'install it as an extension, or write it anew with a state of another type'
FROM pg_aggregate AS a JOIN pg_proc AS p ON p.oid = a.aggfnoid JOIN pg_namespace AS n ON n.oid = p.pronamespace
WHERE n.nspname = ANY ({schemas}) AND {target_managed} AND 'internal'::regtype IN (a.aggtranstype, a.aggmtranstype)
  AND NOT EXISTS (SELECT FROM pg_depend AS d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
UNION ALL
SELECT format('type %I.%I', n.nspname, t.typname), 'it is a base type, whose code is in a library on the server''s disk', 'install it as an extension'
FROM pg_type AS t JOIN pg_namespace AS n ON n.oid = t.typnamespace
WHERE n.nspname = ANY ({schemas}) AND t.typtype = 'b' AND t.typelem = 0
  AND NOT EXISTS (SELECT FROM pg_depend AS d WHERE d.classid = 'pg_type'::regclass AND d.objid = t.oid AND d.deptype = 'e')
UNION ALL
SELECT format('%s %s', it.type, it.identity), 'objects of this kind are not carried', 'create it on the target by hand after the load and drop it here, or leave its schema out'
FROM (SELECT 'pg_operator'::regclass AS class, oid, oprnamespace AS namespace FROM pg_operator
      UNION ALL SELECT 'pg_opclass'::regclass, oid, opcnamespace FROM pg_opclass
      UNION ALL SELECT 'pg_opfamily'::regclass, oid, opfnamespace FROM pg_opfamily
      UNION ALL SELECT 'pg_conversion'::regclass, oid, connamespace FROM pg_conversion
      UNION ALL SELECT 'pg_ts_config'::regclass, oid, cfgnamespace FROM pg_ts_config
      UNION ALL SELECT 'pg_ts_dict'::regclass, oid, dictnamespace FROM pg_ts_dict
      UNION ALL SELECT 'pg_ts_parser'::regclass, oid, prsnamespace FROM pg_ts_parser
      UNION ALL SELECT 'pg_ts_template'::regclass, oid, tmplnamespace FROM pg_ts_template
      UNION ALL
      -- These are in no schema; what they are of is.
      SELECT 'pg_cast'::regclass, c.oid, coalesce(f.pronamespace, s.typnamespace, t.typnamespace)
      FROM pg_cast AS c LEFT JOIN pg_proc AS f ON f.oid = c.castfunc AND f.oid >= 16384
      LEFT JOIN pg_type AS s ON s.oid = c.castsource AND s.oid >= 16384 LEFT JOIN pg_type AS t ON t.oid = c.casttarget AND t.oid >= 16384
      UNION ALL
      SELECT 'pg_transform'::regclass, x.oid, t.typnamespace FROM pg_transform AS x JOIN pg_type AS t ON t.oid = x.trftype) AS o
JOIN pg_namespace AS n ON n.oid = o.namespace
CROSS JOIN LATERAL pg_identify_object(o.class, o.oid, 0) AS it
WHERE n.nspname = ANY ({schemas})
  AND NOT EXISTS (SELECT FROM pg_depend AS d WHERE d.classid = o.class AND d.objid = o.oid AND d.deptype IN ('e', 'i'))
UNION ALL
SELECT format('event trigger %I', evtname), 'event triggers belong to the database and need a superuser', 'create it on the target by hand after the load, and drop it here'
FROM pg_event_trigger AS e
WHERE NOT EXISTS (SELECT FROM pg_depend AS d WHERE d.classid = 'pg_event_trigger'::regclass AND d.objid = e.oid AND d.deptype = 'e')
UNION ALL
SELECT format('column %I.%I.%I', n.nspname, c.relname, a.attname), 'its generated value is virtual, which PostgreSQL knows from version 18 on', 'choose a target of version 18 or later'
FROM pg_attribute AS a JOIN pg_class AS c ON c.oid = a.attrelid JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = ANY ({schemas}) AND a.attgenerated = 'v' AND {target_major} < 18
UNION ALL
-- What is generated is not sent. PostgreSQL 18 refuses writes by its absence from the identity, others end the worker that applies them.
SELECT format('table %I.%I', n.nspname, c.relname), 'a generated column is part of its key or, where it has none, of the rows that stand for one: such columns are not sent',
       'give it a primary key, or REPLICA IDENTITY USING INDEX with a unique index, over columns that are stored as they are and NOT NULL'
FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
LEFT JOIN LATERAL (SELECT i.indkey FROM pg_index AS i
                   WHERE i.indrelid = c.oid AND i.indisvalid
                     AND (i.indisreplident AND c.relreplident = 'i' OR i.indisprimary AND i.indimmediate)
                   ORDER BY i.indisreplident AND c.relreplident = 'i' DESC LIMIT 1) AS k ON true
WHERE n.nspname = ANY ({schemas}) AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relpersistence = 'p'
  AND EXISTS (SELECT FROM pg_attribute AS a
              WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated <> ''
                AND CASE WHEN k.indkey IS NULL THEN greatest({target_major}, current_setting('server_version_num')::int / 10000) >= 18
                         ELSE a.attnum = ANY (k.indkey::int2[]) END)
  AND NOT EXISTS (SELECT FROM pg_depend AS d
                  WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
UNION ALL
SELECT format('table %I.%I', n.nspname, c.relname), 'its server publishes no partitioned table as a whole (PostgreSQL 13 does)', 'upgrade the server to version 13 or later first'
FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = ANY ({schemas}) AND c.relkind = 'p' AND NOT c.relispartition AND current_setting('server_version_num')::int < 130000
UNION ALL
SELECT format('table %I.%I', n.nspname, c.relname), 'it is inherited from or attached across schemas, and the other schema is not in the scope', 'put both schemas in the scope'
FROM pg_inherits AS h JOIN pg_class AS c ON c.oid = h.inhrelid JOIN pg_namespace AS n ON n.oid = c.relnamespace
JOIN pg_class AS p ON p.oid = h.inhparent JOIN pg_namespace AS pn ON pn.oid = p.relnamespace
WHERE c.relkind IN ('r', 'p') AND (n.nspname = ANY ({schemas})) <> (pn.nspname = ANY ({schemas}))
ORDER BY 1
