WITH RECURSIVE part AS (
    SELECT c.oid
    FROM unnest({schemas}, {names}) AS w (schema, name)
    JOIN pg_namespace AS n ON n.nspname = w.schema
    JOIN pg_class AS c ON c.relnamespace = n.oid AND c.relname = w.name AND c.relkind IN ('r', 'p')
    UNION
    SELECT h.inhrelid FROM pg_inherits AS h JOIN part ON h.inhparent = part.oid
)
SELECT c.oid, n.nspname AS schema, c.relname AS name
FROM part JOIN pg_class AS c ON c.oid = part.oid AND c.relkind IN ('r', 'p') JOIN pg_namespace AS n ON n.oid = c.relnamespace
