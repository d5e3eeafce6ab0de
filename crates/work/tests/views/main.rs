//! Views of every source are carried and recognised on the target, however each server prints what it parsed.

mod mysql;
mod postgres;

use std::sync::Arc;

use daybreak_engine::{Database, Statement, database};
use daybreak_model::Endpoint;

async fn run(server: &Arc<dyn Database>, statements: &[&str]) -> Result<(), String> {
    let each = statements.iter().map(|text| Statement {
        what: (*text).to_owned(),
        text: (*text).to_owned(),
    });
    let list: Vec<Statement> = each.collect();
    server.run(&list).await.map_err(|error| error.in_words())
}

fn at(label: &str, url: &str) -> Arc<dyn Database> {
    let url = url.split('?').next().expect("a URL");
    database(Endpoint::parse(label, &format!("{url}?tls=off")).expect("an endpoint"))
}
