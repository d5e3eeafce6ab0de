SELECT format('database %I', b.datname),
       coalesce(to_jsonb(b) ->> 'datlocprovider', 'c'),
       b.datcollate::text,
       b.datctype::text,
       coalesce(to_jsonb(b) ->> 'datlocale', to_jsonb(b) ->> 'daticulocale')
FROM pg_database AS b
WHERE b.datname = current_database()
