SELECT current_user,
       pg_has_role('pg_read_all_settings', 'USAGE'),
       pg_has_role('pg_read_all_stats', 'USAGE'),
       has_table_privilege('pg_hba_file_rules', 'SELECT') AND has_function_privilege('pg_hba_file_rules()', 'EXECUTE'),
       has_column_privilege('pg_authid', 'rolname', 'SELECT') AND has_column_privilege('pg_authid', 'rolpassword', 'SELECT'),
       (SELECT string_agg(DISTINCT quote_ident(n.nspname), ', ')
        FROM pg_class AS c
        JOIN pg_namespace AS n ON n.oid = c.relnamespace
        WHERE n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'daybreak')
          AND CASE c.relkind WHEN 'S' THEN NOT has_sequence_privilege(c.oid, 'SELECT, USAGE') ELSE false END),
       unread.schemas, unread.tables
FROM (SELECT string_agg(DISTINCT quote_ident(n.nspname), ', ') AS schemas,
             string_agg(DISTINCT format('%I.%I', n.nspname, c.relname), ', ') AS tables
      FROM pg_extension AS x
      CROSS JOIN LATERAL unnest(x.extconfig) AS marked(relation)
      JOIN pg_class AS c ON c.oid = marked.relation AND c.relkind IN ('r', 'p')
      JOIN pg_namespace AS n ON n.oid = c.relnamespace
      WHERE NOT has_schema_privilege(n.oid, 'USAGE') OR NOT has_table_privilege(c.oid, 'SELECT')) AS unread
