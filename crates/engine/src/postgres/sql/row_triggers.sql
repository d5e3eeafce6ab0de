-- Triggers and rules of a table, and of the partitions that hold its rows, that are enabled in one of these ways.
WITH own AS (
    SELECT c.oid FROM pg_class AS c WHERE c.oid = to_regclass({table})
    UNION
    SELECT part.relid FROM pg_class AS c, pg_partition_tree(CASE c.relkind WHEN 'p' THEN c.oid END) AS part
    WHERE c.oid = to_regclass({table})
)
SELECT tgname::text FROM pg_trigger
WHERE tgrelid IN (SELECT oid FROM own) AND NOT tgisinternal AND tgenabled IN ({enabled})
UNION
SELECT rulename::text FROM pg_rewrite
WHERE ev_class IN (SELECT oid FROM own) AND ev_type <> '1' AND ev_enabled IN ({enabled})
ORDER BY 1
