SELECT 'the server',
       format('PostgreSQL %s', current_setting('server_version'))
