SELECT format('publication %I', p.pubname),
       'FOR ALL TABLES'
FROM pg_publication AS p
WHERE p.puballtables AND p.pubname !~ '^daybreak'
ORDER BY 1
