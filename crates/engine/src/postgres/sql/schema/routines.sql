-- Functions and procedures. Code in C cannot be carried; refusals name it.
SELECT 'pg_proc'::regclass::oid, p.oid, 'routine',
       format('%I.%I(%s)', n.nspname, p.proname, pg_get_function_identity_arguments(p.oid)), NULL, NULL, 'before_rows',
       btrim(pg_get_functiondef(p.oid)), NULL
FROM pg_proc AS p
JOIN pg_namespace AS n ON n.oid = p.pronamespace
JOIN pg_language AS l ON l.oid = p.prolang
WHERE n.nspname = ANY ({schemas}) AND p.prokind IN ('f', 'p', 'w') AND l.lanname NOT IN ('c', 'internal')
  AND NOT EXISTS (SELECT FROM pg_depend AS d
                  WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype IN ('e', 'i'))
