SELECT format('publication %I', p.pubname),
       CASE WHEN p.puballtables THEN 'FOR ALL TABLES'
            ELSE format('for %s table(s)', (SELECT count(*) FROM pg_publication_rel AS r WHERE r.prpubid = p.oid)) END
FROM pg_publication AS p
WHERE p.pubname !~ '^daybreak'
ORDER BY 1
