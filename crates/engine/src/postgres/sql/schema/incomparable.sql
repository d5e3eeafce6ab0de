-- Tables of the schemas {schemas} whose updated and deleted rows could not be found on the other side: without a key they are found by
-- all of their values, and a type without equality among its operator classes ends the worker that looks (manual, "Publication",
-- "REPLICA IDENTITY FULL"). A domain, an array and a composite type are as comparable as what they are made of.
WITH RECURSIVE keyless AS (
    SELECT c.oid, format('%I.%I', n.nspname, c.relname) AS name
    FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
    WHERE n.nspname = ANY ({schemas}) AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relpersistence = 'p'
      AND NOT EXISTS (SELECT FROM pg_index AS i
                      WHERE i.indrelid = c.oid AND i.indisvalid
                        AND (i.indisprimary AND i.indimmediate OR i.indisreplident AND c.relreplident = 'i'))
      AND NOT EXISTS (SELECT FROM pg_depend AS d
                      WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
), made_of AS (
    SELECT a.attrelid, a.attnum, a.atttypid AS type
    FROM keyless AS k JOIN pg_attribute AS a ON a.attrelid = k.oid
    WHERE a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
    UNION
    SELECT m.attrelid, m.attnum, part.type
    FROM made_of AS m JOIN pg_type AS t ON t.oid = m.type
    CROSS JOIN LATERAL (
        SELECT t.typbasetype WHERE t.typtype = 'd'
        UNION ALL
        SELECT t.typelem WHERE t.typtype = 'b' AND t.typcategory = 'A'
        UNION ALL
        SELECT a.atttypid FROM pg_attribute AS a
        WHERE t.typtype = 'c' AND a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped
    ) AS part (type)
)
SELECT 'table ' || k.name,
       'it has no key, so that updated and deleted rows are found by all of their values, and there is no equality for those of '
           || string_agg(format('column %I (%s)', a.attname, format_type(a.atttypid, a.atttypmod)), ', ' ORDER BY a.attnum),
       'give it a primary key that is not deferrable, or REPLICA IDENTITY USING INDEX with a unique index over columns that are NOT NULL'
FROM keyless AS k JOIN pg_attribute AS a ON a.attrelid = k.oid
WHERE EXISTS (
    SELECT FROM made_of AS m JOIN pg_type AS t ON t.oid = m.type
    WHERE m.attrelid = a.attrelid AND m.attnum = a.attnum AND t.typtype = 'b' AND t.typcategory <> 'A'
      AND NOT EXISTS (SELECT FROM pg_opclass AS o JOIN pg_am AS am ON am.oid = o.opcmethod
                      WHERE am.amname IN ('btree', 'hash') AND o.opcdefault
                        AND (o.opcintype = t.oid
                             OR EXISTS (SELECT FROM pg_cast AS x
                                        WHERE x.castsource = t.oid AND x.casttarget = o.opcintype AND x.castmethod = 'b' AND x.castcontext = 'i'))))
GROUP BY k.name
ORDER BY 1
