//! 8.0 makes its dictionary in the database mysql, and an upgrade in place stops at a table that has one of its names
//! (MySQL Shell, `mysqlSchema`; Aurora precheck `mysqlSchemaCheck`).

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::mysql::quote;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.name.system_table",
        engines: Engine::MYSQL,
        rows: &["P1"],
        severity: Severity::Blocks,
        crossing: Crossing::into(8, 0, 11),
        title: "tables in the database mysql that have the names of new system tables",
        remedy: "move the table to a database of its own",
    },
    look,
};

/// Tables of 8.0 in the database mysql that 5.7 and MariaDB have not.
const NEW: [&str; 31] = [
    "catalogs",
    "character_sets",
    "check_constraints",
    "collations",
    "column_statistics",
    "column_type_elements",
    "columns",
    "dd_properties",
    "events",
    "foreign_key_column_usage",
    "foreign_keys",
    "index_column_usage",
    "index_partitions",
    "index_stats",
    "indexes",
    "parameter_type_elements",
    "parameters",
    "resource_groups",
    "routines",
    "schemata",
    "st_spatial_reference_systems",
    "table_partition_values",
    "table_partitions",
    "table_stats",
    "tables",
    "tablespace_files",
    "tablespaces",
    "triggers",
    "view_routine_usage",
    "view_table_usage",
    "component",
];

fn look(facts: &Facts) -> Looked {
    let taken = facts
        .system_tables
        .known()?
        .iter()
        .filter(|(table, _)| table.schema == "mysql" && NEW.contains(&table.name.as_str()));
    Ok(taken
        .map(|(table, _)| {
            let statement = format!(
                "RENAME TABLE {} TO `moved`.{}",
                quote::object(&table.schema, &table.name),
                quote::name(&table.name)
            );
            Hit::new(table.to_string(), "8.0 makes a table of this name").mended_by(statement)
        })
        .collect())
}
