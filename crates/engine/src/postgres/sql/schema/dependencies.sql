-- What each object needs to exist first. A sequence belongs to its column and does not need it.
SELECT d.classid, d.objid, d.refclassid, d.refobjid
FROM pg_depend AS d
LEFT JOIN pg_class AS s ON d.classid = 'pg_class'::regclass AND s.oid = d.objid AND s.relkind = 'S'
WHERE d.objid >= 16384 AND d.refobjid >= 16384 AND d.deptype <> 'e'
  AND NOT (s.oid IS NOT NULL AND d.refclassid = 'pg_class'::regclass)
UNION ALL
-- What an object uses of an extension needs the extension.
SELECT d.classid, d.objid, e.refclassid, e.refobjid
FROM pg_depend AS d
JOIN pg_depend AS e ON e.classid = d.refclassid AND e.objid = d.refobjid AND e.deptype = 'e'
WHERE d.objid >= 16384
UNION ALL
-- Everything needs its schema; pg_depend leaves that out for objects inside others.
SELECT 'pg_extension'::regclass, e.oid, 'pg_namespace'::regclass, e.extnamespace FROM pg_extension AS e
