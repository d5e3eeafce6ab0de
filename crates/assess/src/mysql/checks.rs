//! The checks, one a file that is named after its id. `docs/checks.md` says which of them stands for which precheck of others.

mod account_anonymous;
mod account_any_host;
mod account_certificate;
mod account_create_tablespace;
mod account_dynamic_privilege;
mod account_ed25519;
mod account_empty_password;
mod account_expired;
mod account_external;
mod account_file;
mod account_host_name;
mod account_invalid_privilege;
mod account_limits;
mod account_local;
mod account_locked;
mod account_long_name;
mod account_maria_db_privilege;
mod account_native_password;
mod account_old_password;
mod account_proxy;
mod account_reserved_name;
mod account_role;
mod account_router;
mod account_several_plugins;
mod account_sha256_password;
mod account_shutdown;
mod account_socket;
mod account_super;
mod account_unused;
mod account_weak_password;
mod binlog_compression;
mod binlog_encryption;
mod binlog_filter;
mod binlog_format;
mod binlog_off;
mod binlog_partial_json;
mod binlog_retention;
mod binlog_row_image;
mod charset_deprecated;
mod charset_utf8mb3;
mod charset_way_back;
mod cluster_galera;
mod cluster_group_replication;
mod collation_maria_db;
mod collation_newer_than_target;
mod collation_uca1400;
mod column_compressed;
mod column_counter_near_end;
mod column_counting_fraction;
mod column_default_expression;
mod column_default_refused;
mod column_element_length;
mod column_float_digits;
mod column_generated_changed;
mod column_inet;
mod column_invisible;
mod column_json_maria_db;
mod column_old_geometry;
mod column_old_temporal;
mod column_unsigned_fraction;
mod column_uuid;
mod column_vector;
mod column_year2;
mod column_zero_date;
mod column_zero_date_rows;
mod column_zerofill;
mod definer_administrator;
mod definer_empty;
mod definer_missing;
mod event_disabled_by_replication;
mod event_enabled;
mod event_on_replica;
mod event_scheduler;
mod gtid_maria_db;
mod gtid_not_enforced;
mod gtid_off;
mod index_fulltext_dangling;
mod index_fulltext_parser;
mod index_fulltext_shared;
mod index_geometry_prefix;
mod index_ignored;
mod index_spatial_without_srid;
mod index_tiny_prefix;
mod index_too_large;
mod innodb_history;
mod key_foreign_dangling;
mod key_foreign_engine;
mod key_foreign_name;
mod key_foreign_not_unique;
mod load_connections;
mod load_hot_keys;
mod load_hot_table;
mod load_max_connections;
mod load_write_rate;
mod mariadb_period;
mod mariadb_sequence;
mod mariadb_system_versioned;
mod name_dollar;
mod name_fulltext;
mod name_not_encoded;
mod name_only_case_differs;
mod name_reserved_word;
mod name_system_table;
mod partition_delimiter;
mod partition_not_native;
mod partition_prefix_key;
mod partition_shared_tablespace;
mod physical_log_files;
mod physical_memcached;
mod physical_product;
mod physical_system_file;
mod physical_version;
mod plugin_component;
mod plugin_function;
mod plugin_unsupported;
mod plugin_validate_password;
mod program_administers;
mod program_empty_dot;
mod program_group_by_order;
mod program_maria_db_function;
mod program_maria_db_syntax;
mod program_oracle_mode;
mod program_reads_files;
mod program_removed_function;
mod program_removed_statement;
mod program_removed_syntax;
mod program_reserved_word;
mod replica_delayed;
mod replica_filter;
mod replica_log_updates;
mod replica_several_sources;
mod replica_skips_errors;
mod replica_stopped;
mod replica_triggers;
mod replica_writable;
mod replication_semi_sync;
mod replication_server_id;
mod routine_aggregate;
mod routine_broken_text;
mod routine_not_deterministic;
mod routine_orphaned;
mod routine_package;
mod schema_system_object;
mod server_remote;
mod server_resource_group;
mod setting_authentication;
mod setting_autocommit;
mod setting_charset;
mod setting_checks_off;
mod setting_counter_step;
mod setting_default_engine;
mod setting_durability;
mod setting_files_anywhere;
mod setting_full_text;
mod setting_group_concat;
mod setting_init_connect;
mod setting_isolation;
mod setting_local_infile;
mod setting_name_case;
mod setting_new_default;
mod setting_optimizer_switch;
mod setting_packet;
mod setting_page_size;
mod setting_performance_schema;
mod setting_query_cache;
mod setting_removed;
mod setting_secure_file;
mod setting_skip_grants;
mod setting_slow_log_off;
mod setting_sql_mode;
mod setting_storage;
mod setting_strict;
mod setting_thread_pool;
mod setting_time_zone;
mod setting_timeouts;
mod setting_timestamp_defaults;
mod setting_tls_not_required;
mod setting_tls_off;
mod setting_tls_optional;
mod setting_tls_version;
mod setting_trust_functions;
mod size_growth;
mod size_many_tables;
mod size_table;
mod size_total;
mod sql_mode_maxdb;
mod sql_mode_obsolete;
mod table_circular_directory;
mod table_data_directory;
mod table_dictionaries_differ;
mod table_encrypted;
mod table_engine;
mod table_engine_elsewhere;
mod table_engine_mixup;
mod table_general_tablespace;
mod table_instant_columns;
mod table_leftover;
mod table_no_primary_key;
mod table_page_compression;
mod table_row_format_compressed;
mod table_row_format_old;
mod table_row_too_large;
mod table_system_tablespace;
mod tablespace_encrypted;
mod tablespace_undo;
mod transaction_long;
mod transaction_prepared;
mod transaction_uncommitted;
mod trigger_duplicate;
mod trigger_on_replica;
mod version_jump;
mod version_maria_db;
mod version_newer;
mod view_column_name;
mod view_invalid;

use super::Check;

/// All of them.
pub(crate) const CHECKS: &[Check] = &[
    account_anonymous::CHECK,
    account_any_host::CHECK,
    account_certificate::CHECK,
    account_create_tablespace::CHECK,
    account_dynamic_privilege::CHECK,
    account_ed25519::CHECK,
    account_empty_password::CHECK,
    account_expired::CHECK,
    account_external::CHECK,
    account_file::CHECK,
    account_host_name::CHECK,
    account_invalid_privilege::CHECK,
    account_limits::CHECK,
    account_local::CHECK,
    account_locked::CHECK,
    account_long_name::CHECK,
    account_maria_db_privilege::CHECK,
    account_native_password::CHECK,
    account_old_password::CHECK,
    account_proxy::CHECK,
    account_reserved_name::CHECK,
    account_role::CHECK,
    account_router::CHECK,
    account_several_plugins::CHECK,
    account_sha256_password::CHECK,
    account_shutdown::CHECK,
    account_socket::CHECK,
    account_super::CHECK,
    account_unused::CHECK,
    account_weak_password::CHECK,
    binlog_compression::CHECK,
    binlog_encryption::CHECK,
    binlog_filter::CHECK,
    binlog_format::CHECK,
    binlog_off::CHECK,
    binlog_partial_json::CHECK,
    binlog_retention::CHECK,
    binlog_row_image::CHECK,
    charset_deprecated::CHECK,
    charset_utf8mb3::CHECK,
    charset_way_back::CHECK,
    cluster_galera::CHECK,
    cluster_group_replication::CHECK,
    collation_maria_db::CHECK,
    collation_newer_than_target::CHECK,
    collation_uca1400::CHECK,
    column_compressed::CHECK,
    column_counter_near_end::CHECK,
    column_counting_fraction::CHECK,
    column_default_expression::CHECK,
    column_default_refused::CHECK,
    column_element_length::CHECK,
    column_float_digits::CHECK,
    column_generated_changed::CHECK,
    column_inet::CHECK,
    column_invisible::CHECK,
    column_json_maria_db::CHECK,
    column_old_geometry::CHECK,
    column_old_temporal::CHECK,
    column_unsigned_fraction::CHECK,
    column_uuid::CHECK,
    column_vector::CHECK,
    column_year2::CHECK,
    column_zero_date::CHECK,
    column_zero_date_rows::CHECK,
    column_zerofill::CHECK,
    definer_administrator::CHECK,
    definer_empty::CHECK,
    definer_missing::CHECK,
    event_disabled_by_replication::CHECK,
    event_enabled::CHECK,
    event_on_replica::CHECK,
    event_scheduler::CHECK,
    gtid_maria_db::CHECK,
    gtid_not_enforced::CHECK,
    gtid_off::CHECK,
    index_fulltext_dangling::CHECK,
    index_fulltext_parser::CHECK,
    index_fulltext_shared::CHECK,
    index_geometry_prefix::CHECK,
    index_ignored::CHECK,
    index_spatial_without_srid::CHECK,
    index_tiny_prefix::CHECK,
    index_too_large::CHECK,
    innodb_history::CHECK,
    key_foreign_dangling::CHECK,
    key_foreign_engine::CHECK,
    key_foreign_name::CHECK,
    key_foreign_not_unique::CHECK,
    load_connections::CHECK,
    load_hot_keys::CHECK,
    load_hot_table::CHECK,
    load_max_connections::CHECK,
    load_write_rate::CHECK,
    mariadb_period::CHECK,
    mariadb_sequence::CHECK,
    mariadb_system_versioned::CHECK,
    name_dollar::CHECK,
    name_fulltext::CHECK,
    name_not_encoded::CHECK,
    name_only_case_differs::CHECK,
    name_reserved_word::CHECK,
    name_system_table::CHECK,
    partition_delimiter::CHECK,
    partition_not_native::CHECK,
    partition_prefix_key::CHECK,
    partition_shared_tablespace::CHECK,
    physical_log_files::CHECK,
    physical_memcached::CHECK,
    physical_product::CHECK,
    physical_system_file::CHECK,
    physical_version::CHECK,
    plugin_component::CHECK,
    plugin_function::CHECK,
    plugin_unsupported::CHECK,
    plugin_validate_password::CHECK,
    program_administers::CHECK,
    program_empty_dot::CHECK,
    program_group_by_order::CHECK,
    program_maria_db_function::CHECK,
    program_maria_db_syntax::CHECK,
    program_oracle_mode::CHECK,
    program_reads_files::CHECK,
    program_removed_function::CHECK,
    program_removed_statement::CHECK,
    program_removed_syntax::CHECK,
    program_reserved_word::CHECK,
    replica_delayed::CHECK,
    replica_filter::CHECK,
    replica_log_updates::CHECK,
    replica_several_sources::CHECK,
    replica_skips_errors::CHECK,
    replica_stopped::CHECK,
    replica_triggers::CHECK,
    replica_writable::CHECK,
    replication_semi_sync::CHECK,
    replication_server_id::CHECK,
    routine_aggregate::CHECK,
    routine_broken_text::CHECK,
    routine_not_deterministic::CHECK,
    routine_orphaned::CHECK,
    routine_package::CHECK,
    schema_system_object::CHECK,
    server_remote::CHECK,
    server_resource_group::CHECK,
    setting_authentication::CHECK,
    setting_autocommit::CHECK,
    setting_charset::CHECK,
    setting_checks_off::CHECK,
    setting_counter_step::CHECK,
    setting_default_engine::CHECK,
    setting_durability::CHECK,
    setting_files_anywhere::CHECK,
    setting_full_text::CHECK,
    setting_group_concat::CHECK,
    setting_init_connect::CHECK,
    setting_isolation::CHECK,
    setting_local_infile::CHECK,
    setting_name_case::CHECK,
    setting_new_default::CHECK,
    setting_optimizer_switch::CHECK,
    setting_packet::CHECK,
    setting_page_size::CHECK,
    setting_performance_schema::CHECK,
    setting_query_cache::CHECK,
    setting_removed::CHECK,
    setting_secure_file::CHECK,
    setting_skip_grants::CHECK,
    setting_slow_log_off::CHECK,
    setting_sql_mode::CHECK,
    setting_storage::CHECK,
    setting_strict::CHECK,
    setting_thread_pool::CHECK,
    setting_time_zone::CHECK,
    setting_timeouts::CHECK,
    setting_timestamp_defaults::CHECK,
    setting_tls_not_required::CHECK,
    setting_tls_off::CHECK,
    setting_tls_optional::CHECK,
    setting_tls_version::CHECK,
    setting_trust_functions::CHECK,
    size_growth::CHECK,
    size_many_tables::CHECK,
    size_table::CHECK,
    size_total::CHECK,
    sql_mode_maxdb::CHECK,
    sql_mode_obsolete::CHECK,
    table_circular_directory::CHECK,
    table_data_directory::CHECK,
    table_dictionaries_differ::CHECK,
    table_encrypted::CHECK,
    table_engine::CHECK,
    table_engine_elsewhere::CHECK,
    table_engine_mixup::CHECK,
    table_general_tablespace::CHECK,
    table_instant_columns::CHECK,
    table_leftover::CHECK,
    table_no_primary_key::CHECK,
    table_page_compression::CHECK,
    table_row_format_compressed::CHECK,
    table_row_format_old::CHECK,
    table_row_too_large::CHECK,
    table_system_tablespace::CHECK,
    tablespace_encrypted::CHECK,
    tablespace_undo::CHECK,
    transaction_long::CHECK,
    transaction_prepared::CHECK,
    transaction_uncommitted::CHECK,
    trigger_duplicate::CHECK,
    trigger_on_replica::CHECK,
    version_jump::CHECK,
    version_maria_db::CHECK,
    version_newer::CHECK,
    view_column_name::CHECK,
    view_invalid::CHECK,
];
