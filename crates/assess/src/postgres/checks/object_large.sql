SELECT 'pg_largeobject',
       format('%s large object(s)', count(*))
FROM pg_largeobject_metadata
HAVING count(*) > 0
