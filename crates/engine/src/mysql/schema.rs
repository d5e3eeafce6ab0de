//! Everything in a scope: how to make it elsewhere, how to recognise it there, and what cannot be carried.

mod canonical;
mod catalog;
mod create_table;
mod definitions;
mod parts;
mod refusals;
mod spelling;
mod stored;
mod tables;
pub(super) mod tokens;
mod unseen;
mod views;

use std::collections::BTreeSet;

use daybreak_model::{
    Flavor, ObjectKind, Phase, Product, Refusal, SchemaImage, SchemaObject, Scope, Table, TableName,
};
use mysql_async::Conn;

use super::connection::Server;
use super::quote;
use crate::EngineError;
use crate::part::keys_out_of;
use catalog::Listed;

impl Server {
    /// The tables of a scope that hold rows.
    pub(crate) async fn tables(&self, scope: &Scope) -> Result<Vec<Table>, EngineError> {
        let mut conn = self.borrow().await?;
        let listed = catalog::tables(self, &mut conn, scope).await?;
        self.keep(conn);
        Ok(listed
            .into_iter()
            // One that has no columns was made between two questions.
            .filter(|listed| {
                listed.is_table() && !listed.table.columns.is_empty() && scope.holds(&listed.table.name)
            })
            .map(|listed| listed.table)
            .collect())
    }

    /// The image of a scope for a target of another flavor.
    pub(crate) async fn schema(&self, scope: &Scope, target: &Flavor) -> Result<SchemaImage, EngineError> {
        let mut conn = self.borrow().await?;
        let mut image = SchemaImage::default();
        let mut listed = catalog::tables(self, &mut conn, scope).await?;
        let staying = staying(&mut listed, scope);
        image.refusals = unseen::unseen(self, scope).await?;
        image
            .refusals
            .extend(refusals::catalog(self.flavor().await?, target, &listed));
        let mut left_out = self.schemas().await?;
        left_out.retain(|schema| !scope.schemas.contains(schema));
        image.refusals.extend(self.keys_out_of_the_part(scope).await?);
        databases(self, &mut conn, scope, &mut image).await?;
        let mut constraints = Vec::new();
        let tables: Vec<&Listed> = listed.iter().filter(|table| table.is_table()).collect();
        let texts = definitions::of_tables(self, &mut conn, &tables).await?;
        for (table, text) in tables.into_iter().zip(texts) {
            let mut parts = tables::objects(table, &text, target, &left_out);
            image.refusals.append(&mut parts.refusals);
            image.objects.append(&mut parts.objects);
            constraints.append(&mut parts.foreign_keys);
            // Foreign keys are objects of their own, and nothing else ties one table to another.
            image.apart.insert(table.table.name.clone());
            image.tables.push(table.table.clone());
        }
        image.objects.append(&mut constraints);
        if target.product == Product::MariaDb {
            image
                .objects
                .append(&mut stored::sequences(self, &mut conn, &listed).await?);
        }
        image
            .objects
            .append(&mut stored::routines(self, &mut conn, scope, &mut image.refusals).await?);
        image.objects.append(
            &mut views::views(self, &mut conn, &listed, &left_out, staying, &mut image.refusals).await?,
        );
        image
            .objects
            .append(&mut stored::triggers(self, &mut conn, scope, &mut image.refusals).await?);
        // What an event does is known to nobody but who wrote it, and it must not run on both sides.
        if scope.part.is_none() {
            image
                .objects
                .append(&mut stored::events(self, &mut conn, scope).await?);
        }
        self.keep(conn);
        image.objects.sort_by_key(|object| object.phase);
        Ok(image)
    }
}

/// Leaves of the tables those that move, and returns the others.
fn staying(listed: &mut Vec<Listed>, scope: &Scope) -> BTreeSet<TableName> {
    let stays = |listed: &Listed| listed.is_table() && !scope.holds(&listed.table.name);
    let staying = listed.iter().filter(|listed| stays(listed));
    let names = staying.map(|listed| listed.table.name.clone()).collect();
    listed.retain(|listed| !stays(listed));
    names
}

impl Server {
    /// Foreign keys between a table that moves and one that stays: nothing would hold them once the two are apart.
    async fn keys_out_of_the_part(&self, scope: &Scope) -> Result<Vec<Refusal>, EngineError> {
        if scope.part.is_none() {
            return Ok(Vec::new());
        }
        let keys = self.foreign_keys(&scope.schemas).await?;
        Ok(keys_out_of(scope, &keys, |key| {
            format!(
                "ALTER TABLE {} DROP FOREIGN KEY {}",
                quote::table(&key.child),
                quote::name(&key.name)
            )
        }))
    }
}

/// The databases themselves, with their default character set and collation.
async fn databases(
    server: &Server,
    conn: &mut Conn,
    scope: &Scope,
    image: &mut SchemaImage,
) -> Result<(), EngineError> {
    let found: Vec<(String, String, String)> = server
        .rows_on(
            conn,
            "failed to list the databases",
            &format!(
                "SELECT SCHEMA_NAME, DEFAULT_CHARACTER_SET_NAME, DEFAULT_COLLATION_NAME \
                 FROM information_schema.SCHEMATA WHERE SCHEMA_NAME IN ({}) ORDER BY SCHEMA_NAME",
                quote::texts(&scope.schemas)
            ),
        )
        .await?;
    for (name, charset, collation) in found {
        let quoted = quote::name(&name);
        let defaults = format!("CHARACTER SET {charset} COLLATE {collation}");
        image.objects.push(SchemaObject {
            kind: ObjectKind::Schema,
            name,
            table: None,
            phase: Phase::BeforeRows,
            create: vec![
                format!("CREATE DATABASE IF NOT EXISTS {quoted} {defaults}"),
                format!("ALTER DATABASE {quoted} {defaults}"),
            ],
            definition: format!("database collate {}", canonical::utf8mb3(&collation)),
            enable: Vec::new(),
        });
    }
    Ok(())
}
