SELECT format('%s %s', l.objtype, l.objname),
       format('label %s of provider %s', l.label, l.provider)
FROM pg_seclabels AS l
ORDER BY 1
