SELECT format('%s.%I', c.oid::regclass, a.attname),
       format('%s, and its sequence stands at %s of %s', format_type(a.atttypid, NULL), q.last, q.most),
       format('ALTER TABLE %s ALTER COLUMN %I TYPE bigint', c.oid::regclass, a.attname)
FROM (SELECT DISTINCT ad.adrelid, ad.adnum, d.refobjid AS sequence
      FROM pg_attrdef AS ad
      JOIN pg_depend AS d ON d.classid = 'pg_attrdef'::regclass AND d.objid = ad.oid
                         AND d.refclassid = 'pg_class'::regclass
      JOIN pg_class AS s ON s.oid = d.refobjid AND s.relkind = 'S'
      UNION
      SELECT d.refobjid, d.refobjsubid, d.objid
      FROM pg_depend AS d
      JOIN pg_class AS s ON s.oid = d.objid AND s.relkind = 'S'
      WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass
        AND d.deptype IN ('a', 'i') AND d.refobjsubid > 0) AS k
JOIN pg_attribute AS a ON a.attrelid = k.adrelid AND a.attnum = k.adnum
JOIN pg_class AS c ON c.oid = k.adrelid
JOIN pg_namespace AS n ON n.oid = c.relnamespace
CROSS JOIN LATERAL (SELECT CASE WHEN has_sequence_privilege(k.sequence, 'SELECT, USAGE') AND c.relpersistence = 'p'
                                THEN pg_sequence_last_value(k.sequence) END AS last,
                           CASE a.atttypid WHEN 'smallint'::regtype THEN 32767 ELSE 2147483647 END AS most) AS q
WHERE a.atttypid IN ('smallint'::regtype, 'integer'::regtype)
  AND q.last > q.most / 4 * 3
  AND n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'daybreak')
ORDER BY 1
