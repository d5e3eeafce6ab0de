-- A number that changes whenever a row of the catalogs is made, changed or dropped: over the place of each row version and the
-- transaction that made it. What ANALYZE and VACUUM note in pg_class they write over the row that is there.
SELECT mod(abs(sum(hashtextextended(concat_ws(' ', version.catalog, version.place, version.maker), 0)::numeric)), 9223372036854775807)
FROM (
    SELECT 'pg_class', ctid::text, xmin::text FROM pg_catalog.pg_class
    UNION ALL
    SELECT 'pg_attribute', ctid::text, xmin::text FROM pg_catalog.pg_attribute
    UNION ALL
    SELECT 'pg_attrdef', ctid::text, xmin::text FROM pg_catalog.pg_attrdef
    UNION ALL
    SELECT 'pg_constraint', ctid::text, xmin::text FROM pg_catalog.pg_constraint
    UNION ALL
    SELECT 'pg_index', ctid::text, xmin::text FROM pg_catalog.pg_index
    UNION ALL
    SELECT 'pg_inherits', ctid::text, xmin::text FROM pg_catalog.pg_inherits
    UNION ALL
    SELECT 'pg_partitioned_table', ctid::text, xmin::text FROM pg_catalog.pg_partitioned_table
    UNION ALL
    SELECT 'pg_namespace', ctid::text, xmin::text FROM pg_catalog.pg_namespace
    UNION ALL
    SELECT 'pg_proc', ctid::text, xmin::text FROM pg_catalog.pg_proc
    UNION ALL
    SELECT 'pg_aggregate', ctid::text, xmin::text FROM pg_catalog.pg_aggregate
    UNION ALL
    SELECT 'pg_type', ctid::text, xmin::text FROM pg_catalog.pg_type
    UNION ALL
    SELECT 'pg_enum', ctid::text, xmin::text FROM pg_catalog.pg_enum
    UNION ALL
    SELECT 'pg_range', ctid::text, xmin::text FROM pg_catalog.pg_range
    UNION ALL
    SELECT 'pg_trigger', ctid::text, xmin::text FROM pg_catalog.pg_trigger
    UNION ALL
    SELECT 'pg_event_trigger', ctid::text, xmin::text FROM pg_catalog.pg_event_trigger
    UNION ALL
    SELECT 'pg_rewrite', ctid::text, xmin::text FROM pg_catalog.pg_rewrite
    UNION ALL
    SELECT 'pg_policy', ctid::text, xmin::text FROM pg_catalog.pg_policy
    UNION ALL
    SELECT 'pg_sequence', ctid::text, xmin::text FROM pg_catalog.pg_sequence
    UNION ALL
    SELECT 'pg_statistic_ext', ctid::text, xmin::text FROM pg_catalog.pg_statistic_ext
    UNION ALL
    SELECT 'pg_collation', ctid::text, xmin::text FROM pg_catalog.pg_collation
    UNION ALL
    SELECT 'pg_conversion', ctid::text, xmin::text FROM pg_catalog.pg_conversion
    UNION ALL
    SELECT 'pg_operator', ctid::text, xmin::text FROM pg_catalog.pg_operator
    UNION ALL
    SELECT 'pg_opclass', ctid::text, xmin::text FROM pg_catalog.pg_opclass
    UNION ALL
    SELECT 'pg_opfamily', ctid::text, xmin::text FROM pg_catalog.pg_opfamily
    UNION ALL
    SELECT 'pg_cast', ctid::text, xmin::text FROM pg_catalog.pg_cast
    UNION ALL
    SELECT 'pg_language', ctid::text, xmin::text FROM pg_catalog.pg_language
    UNION ALL
    SELECT 'pg_extension', ctid::text, xmin::text FROM pg_catalog.pg_extension
    UNION ALL
    SELECT 'pg_default_acl', ctid::text, xmin::text FROM pg_catalog.pg_default_acl
    UNION ALL
    SELECT 'pg_description', ctid::text, xmin::text FROM pg_catalog.pg_description
    UNION ALL
    SELECT 'pg_foreign_table', ctid::text, xmin::text FROM pg_catalog.pg_foreign_table
    UNION ALL
    SELECT 'pg_foreign_server', ctid::text, xmin::text FROM pg_catalog.pg_foreign_server
    UNION ALL
    SELECT 'pg_ts_config', ctid::text, xmin::text FROM pg_catalog.pg_ts_config
    UNION ALL
    SELECT 'pg_ts_dict', ctid::text, xmin::text FROM pg_catalog.pg_ts_dict
) AS version (catalog, place, maker)
