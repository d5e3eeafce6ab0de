SELECT s.seqrelid::regclass::text,
       format('stands at %s of %s', v.last, s.seqmax),
       CASE WHEN s.seqtypid <> 'bigint'::regtype
            THEN format('ALTER SEQUENCE %s AS bigint', s.seqrelid::regclass) END
FROM pg_sequence AS s
JOIN pg_class AS c ON c.oid = s.seqrelid
JOIN pg_namespace AS n ON n.oid = c.relnamespace
CROSS JOIN LATERAL (SELECT CASE WHEN has_sequence_privilege(s.seqrelid, 'SELECT, USAGE') AND c.relpersistence = 'p'
                                THEN pg_sequence_last_value(s.seqrelid) END AS last) AS v
WHERE NOT s.seqcycle AND s.seqincrement > 0
  AND v.last > s.seqmax / 4 * 3
  AND n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'daybreak')
ORDER BY 1
