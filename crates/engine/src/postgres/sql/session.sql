-- Settings of every session of ours, so that a value's text is the same on every server and nothing of a role's or
-- database's own defaults changes what our statements mean. Only settings this version knows are set.
SELECT pg_catalog.set_config(wanted.name, wanted.value, false)
FROM (VALUES
    ('search_path', 'pg_catalog'),
    ('TimeZone', 'UTC'),
    ('DateStyle', 'ISO, YMD'),
    ('IntervalStyle', 'postgres'),
    ('extra_float_digits', '3'),
    ('bytea_output', 'hex'),
    ('array_nulls', 'on'),
    ('xmlbinary', 'base64'),
    ('xmloption', 'content'),
    ('lc_monetary', 'C'),
    ('standard_conforming_strings', 'on'),
    ('quote_all_identifiers', 'off'),
    ('row_security', 'off'),
    ('check_function_bodies', 'off'),
    ('default_transaction_isolation', 'read committed'),
    ('default_transaction_read_only', 'off'),
    ('default_transaction_deferrable', 'off'),
    ('default_tablespace', ''),
    ('synchronize_seqscans', 'off'),
    ('jit', 'off'),
    ('client_connection_check_interval', '2s'),
    ('idle_in_transaction_session_timeout', '0'),
    ('idle_session_timeout', '0'),
    ('transaction_timeout', '0'),
    ('lock_timeout', '5s'),
    ('statement_timeout', '0')
) AS wanted (name, value)
JOIN pg_catalog.pg_settings AS known ON lower(known.name) = lower(wanted.name)
WHERE known.setting IS DISTINCT FROM wanted.value
