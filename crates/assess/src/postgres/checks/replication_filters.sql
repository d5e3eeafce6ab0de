SELECT format('%s in publication %I', r.prrelid::regclass, p.pubname),
       concat_ws(' and ', CASE WHEN to_jsonb(r) ->> 'prqual' IS NOT NULL THEN 'a row filter' END,
                 CASE WHEN to_jsonb(r) ->> 'prattrs' IS NOT NULL THEN 'a column list' END)
FROM pg_publication_rel AS r
JOIN pg_publication AS p ON p.oid = r.prpubid
WHERE (to_jsonb(r) ->> 'prqual' IS NOT NULL OR to_jsonb(r) ->> 'prattrs' IS NOT NULL)
  AND p.pubname !~ '^daybreak'
ORDER BY 1
