SELECT 'the server', current_date::text
