SELECT format('database %I', b.datname),
       format('ENCODING %s', pg_encoding_to_char(b.encoding)),
       CASE WHEN pg_encoding_to_char(b.encoding) <> 'SQL_ASCII'
            THEN format('CREATE DATABASE %I ENCODING %L LOCALE %L TEMPLATE template0', b.datname,
                        pg_encoding_to_char(b.encoding), b.datcollate) END
FROM pg_database AS b
WHERE b.datname = current_database() AND pg_encoding_to_char(b.encoding) <> 'UTF8'
