SELECT s.name,
       format('%s = %s%s; the default is %s', s.name, s.reset_val, coalesce(' x ' || s.unit, ''), s.boot_val)
FROM pg_settings AS s
WHERE s.name IN ('statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout', 'idle_session_timeout',
                 'transaction_timeout', 'work_mem', 'maintenance_work_mem', 'default_transaction_isolation',
                 'default_transaction_deferrable', 'standard_conforming_strings', 'backslash_quote', 'escape_string_warning',
                 'bytea_output', 'IntervalStyle', 'xmloption', 'transform_null_equals', 'array_nulls',
                 'default_text_search_config', 'deadlock_timeout', 'row_security', 'max_locks_per_transaction',
                 'max_prepared_transactions', 'track_commit_timestamp', 'session_replication_role', 'quote_all_identifiers')
  AND s.reset_val IS DISTINCT FROM s.boot_val
  AND NOT (s.name = 'default_text_search_config' AND s.reset_val = 'pg_catalog.english')
  AND s.source NOT IN ('default', 'override')
ORDER BY 1
