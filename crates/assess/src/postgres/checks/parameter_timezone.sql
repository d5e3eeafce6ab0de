SELECT 'TimeZone',
       format('TimeZone = %s', s.reset_val)
FROM pg_settings AS s
WHERE s.name = 'TimeZone'
  AND s.reset_val !~* '^(utc|gmt|etc/utc|etc/gmt|etc/uct|uct|zulu|universal|greenwich)$'
