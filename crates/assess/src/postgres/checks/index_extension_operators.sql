SELECT c.oid::regclass::text, e.extname, string_agg(DISTINCT o.opcname::text, ', '), i.indrelid::regclass::text
FROM pg_index AS i
JOIN pg_class AS c ON c.oid = i.indexrelid
JOIN pg_namespace AS n ON n.oid = c.relnamespace
JOIN pg_opclass AS o ON o.oid = ANY (i.indclass)
JOIN pg_depend AS d ON d.classid = 'pg_opclass'::regclass AND d.objid = o.oid AND d.deptype = 'e'
JOIN pg_extension AS e ON e.oid = d.refobjid AND d.refclassid = 'pg_extension'::regclass
WHERE n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'daybreak')
GROUP BY c.oid, e.extname, i.indrelid
ORDER BY 1
