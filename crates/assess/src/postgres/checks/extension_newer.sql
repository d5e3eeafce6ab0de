SELECT e.extname::text, e.extversion
FROM pg_extension AS e
ORDER BY 1
