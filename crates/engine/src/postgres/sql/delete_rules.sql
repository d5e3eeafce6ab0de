-- Rules of a table that rewrite deletes of its rows, whoever made them (manual, "Rules on INSERT, UPDATE, and DELETE"): only those of the table
-- that a statement names count, not those of its partitions.
SELECT r.rulename FROM pg_catalog.pg_rewrite AS r
WHERE r.ev_class = {table}::regclass AND r.ev_type = '4' AND r.ev_enabled IN ('O', 'A')
ORDER BY 1
