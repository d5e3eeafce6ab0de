//! The checks, one a file.

mod access_method_own;
mod aggregate_array;
mod aggregate_internal_state;
mod cast_own;
mod collation_nondeterministic;
mod collation_own;
mod collation_version;
mod column_generated;
mod column_key_end;
mod column_large_object;
mod column_reg_type;
mod column_removed_type;
mod column_unknown_type;
mod connection_everywhere;
mod connection_external;
mod connection_md5;
mod connection_tls_not_required;
mod connection_tls_off;
mod connection_trust;
mod constraint_deferrable;
mod constraint_not_valid;
mod conversion_own;
mod database_connection_limit;
mod database_encoding;
mod database_invalid;
mod database_locale;
mod database_many_tables;
mod database_others;
mod database_settings;
mod database_size;
mod database_tablespace;
mod database_templates;
mod extension_abandoned;
mod extension_comment;
mod extension_newer;
mod extension_not_offered;
mod extension_outdated;
mod extension_postgis;
mod extension_rows;
mod extension_unversioned;
mod foreign_data_wrapper;
mod foreign_server;
mod foreign_user_mapping;
mod function_administration;
mod function_c;
mod function_internal;
mod function_notify;
mod function_remote;
mod function_removed;
mod function_security_definer;
mod function_server_files;
mod function_session_state;
mod function_superuser_definer;
mod function_untrusted_language;
mod index_extension_operators;
mod index_hash;
mod index_invalid;
mod job_scheduled;
mod language_own;
mod matview_present;
mod matview_unpopulated;
mod object_large;
mod object_security_label;
mod object_superuser_owned;
mod operator_class_own;
mod operator_postfix;
mod owner_runs_as_ours;
mod parameter_archive;
mod parameter_asynchronous_commit;
mod parameter_connections_not_logged;
mod parameter_connections_used;
mod parameter_damage_ignored;
mod parameter_durability;
mod parameter_max_connections;
mod parameter_no_counterpart;
mod parameter_parity;
mod parameter_password_encryption;
mod parameter_preload_libraries;
mod parameter_timezone;
mod replication_all_tables;
mod replication_delayed;
mod replication_filters;
mod replication_inactive_slots;
mod replication_lag;
mod replication_logical_slots;
mod replication_publications;
mod replication_senders;
mod replication_slot_limits;
mod replication_slots;
mod replication_standby_conflicts;
mod replication_subscriptions;
mod replication_synchronous;
mod replication_wal_level;
mod role_bypasses_row_security;
mod role_md5_password;
mod role_replication;
mod role_reserved_name;
mod role_server_files;
mod role_superuser;
mod role_weak_password;
mod schema_default_privileges;
mod schema_public_create;
mod sequence_cycle;
mod sequence_near_end;
mod server_block_size;
mod server_checksums;
mod server_end_of_support;
mod server_newer;
mod table_dead_rows;
mod table_deferrable_key;
mod table_foreign;
mod table_growth;
mod table_hot_keys;
mod table_identity_full;
mod table_identity_index_gone;
mod table_identity_nothing;
mod table_inheritance;
mod table_no_key;
mod table_partitioned_no_key;
mod table_row_security;
mod table_rules;
mod table_size_limit;
mod table_stale_statistics;
mod table_temporary;
mod table_unlogged;
mod table_with_oids;
mod table_wraparound;
mod table_write_hot;
mod text_search_files;
mod text_search_own;
mod transaction_long;
mod transaction_prepared;
mod transaction_wraparound;
mod transform_own;
mod trigger_always;
mod trigger_disabled;
mod trigger_event;
mod type_own_base;
mod view_security_invoker;
mod view_system_catalog;

use super::Check;

/// All of them.
pub(crate) const CHECKS: &[Check] = &[
    access_method_own::CHECK,
    aggregate_array::CHECK,
    aggregate_internal_state::CHECK,
    cast_own::CHECK,
    collation_nondeterministic::CHECK,
    collation_own::CHECK,
    collation_version::CHECK,
    column_generated::CHECK,
    column_key_end::CHECK,
    column_large_object::CHECK,
    column_reg_type::CHECK,
    column_removed_type::CHECK,
    column_unknown_type::CHECK,
    connection_everywhere::CHECK,
    connection_external::CHECK,
    connection_md5::CHECK,
    connection_tls_not_required::CHECK,
    connection_tls_off::CHECK,
    connection_trust::CHECK,
    constraint_deferrable::CHECK,
    constraint_not_valid::CHECK,
    conversion_own::CHECK,
    database_connection_limit::CHECK,
    database_encoding::CHECK,
    database_invalid::CHECK,
    database_locale::CHECK,
    database_many_tables::CHECK,
    database_others::CHECK,
    database_settings::CHECK,
    database_size::CHECK,
    database_tablespace::CHECK,
    database_templates::CHECK,
    extension_abandoned::CHECK,
    extension_comment::CHECK,
    extension_newer::CHECK,
    extension_not_offered::CHECK,
    extension_outdated::CHECK,
    extension_postgis::CHECK,
    extension_rows::CHECK,
    extension_unversioned::CHECK,
    foreign_data_wrapper::CHECK,
    foreign_server::CHECK,
    foreign_user_mapping::CHECK,
    function_administration::CHECK,
    function_c::CHECK,
    function_internal::CHECK,
    function_notify::CHECK,
    function_remote::CHECK,
    function_removed::CHECK,
    function_security_definer::CHECK,
    function_server_files::CHECK,
    function_session_state::CHECK,
    function_superuser_definer::CHECK,
    function_untrusted_language::CHECK,
    index_extension_operators::CHECK,
    index_hash::CHECK,
    index_invalid::CHECK,
    job_scheduled::CHECK,
    language_own::CHECK,
    matview_present::CHECK,
    matview_unpopulated::CHECK,
    object_large::CHECK,
    object_security_label::CHECK,
    object_superuser_owned::CHECK,
    operator_class_own::CHECK,
    operator_postfix::CHECK,
    owner_runs_as_ours::CHECK,
    parameter_archive::CHECK,
    parameter_asynchronous_commit::CHECK,
    parameter_connections_not_logged::CHECK,
    parameter_connections_used::CHECK,
    parameter_damage_ignored::CHECK,
    parameter_durability::CHECK,
    parameter_max_connections::CHECK,
    parameter_no_counterpart::CHECK,
    parameter_parity::CHECK,
    parameter_password_encryption::CHECK,
    parameter_preload_libraries::CHECK,
    parameter_timezone::CHECK,
    replication_all_tables::CHECK,
    replication_delayed::CHECK,
    replication_filters::CHECK,
    replication_inactive_slots::CHECK,
    replication_lag::CHECK,
    replication_logical_slots::CHECK,
    replication_publications::CHECK,
    replication_senders::CHECK,
    replication_slot_limits::CHECK,
    replication_slots::CHECK,
    replication_standby_conflicts::CHECK,
    replication_subscriptions::CHECK,
    replication_synchronous::CHECK,
    replication_wal_level::CHECK,
    role_bypasses_row_security::CHECK,
    role_md5_password::CHECK,
    role_replication::CHECK,
    role_reserved_name::CHECK,
    role_server_files::CHECK,
    role_superuser::CHECK,
    role_weak_password::CHECK,
    schema_default_privileges::CHECK,
    schema_public_create::CHECK,
    sequence_cycle::CHECK,
    sequence_near_end::CHECK,
    server_block_size::CHECK,
    server_checksums::CHECK,
    server_end_of_support::CHECK,
    server_newer::CHECK,
    table_dead_rows::CHECK,
    table_deferrable_key::CHECK,
    table_foreign::CHECK,
    table_growth::CHECK,
    table_hot_keys::CHECK,
    table_identity_full::CHECK,
    table_identity_index_gone::CHECK,
    table_identity_nothing::CHECK,
    table_inheritance::CHECK,
    table_no_key::CHECK,
    table_partitioned_no_key::CHECK,
    table_row_security::CHECK,
    table_rules::CHECK,
    table_size_limit::CHECK,
    table_stale_statistics::CHECK,
    table_temporary::CHECK,
    table_unlogged::CHECK,
    table_with_oids::CHECK,
    table_wraparound::CHECK,
    table_write_hot::CHECK,
    text_search_files::CHECK,
    text_search_own::CHECK,
    transaction_long::CHECK,
    transaction_prepared::CHECK,
    transaction_wraparound::CHECK,
    transform_own::CHECK,
    trigger_always::CHECK,
    trigger_disabled::CHECK,
    trigger_event::CHECK,
    type_own_base::CHECK,
    view_security_invoker::CHECK,
    view_system_catalog::CHECK,
];
