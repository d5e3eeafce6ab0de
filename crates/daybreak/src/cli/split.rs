mod file;
mod lint;
mod queries;
mod shown;

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use daybreak_engine::{Database, EngineError, database};
use daybreak_model::{ObjectKind, Scope};
use daybreak_work::{SplitBody, SplitInput, cuts, purposes, split_graph, split_picture};

use super::source::Start;
use crate::exit::{Exit, Trouble};
use crate::output::{self, Format};

/// Tells which tables serve one purpose: by foreign keys, by what statements and transactions use together, by views, triggers and
/// routines. For each cut between two purposes, what would break. Changes nothing.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Split {
    #[command(subcommand)]
    what: Option<What>,
    #[command(flatten)]
    start: Start,
    /// A database or schema. May be repeated; the plan's, or all.
    #[arg(long = "schema", value_name = "NAME")]
    schemas: Vec<String>,
    /// Statements: a slow query log or a log of PostgreSQL, packed or not, what `slow capture` keeps, or plain SQL, in which what stands
    /// between BEGIN and COMMIT is one transaction. May be repeated.
    #[arg(long = "queries", value_name = "FILE")]
    queries: Vec<PathBuf>,
    /// Higher makes smaller purposes.
    #[arg(long, value_name = "NUMBER", default_value_t = 1.0, value_parser = resolution)]
    resolution: f64,
    /// Purposes that somebody has written down, instead of those that are found.
    #[arg(long, value_name = "FILE")]
    purposes: Option<PathBuf>,
    /// Write the purposes that are found to a file, to be given better names and other tables.
    #[arg(long, value_name = "FILE", conflicts_with = "purposes")]
    write: Option<PathBuf>,
    /// Draw a picture.
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum What {
    /// For an application's own tests: ends with 3 where a statement crosses purposes. Asks no server.
    Lint(lint::Lint),
}

fn resolution(text: &str) -> Result<f64, String> {
    let resolution: f64 = text.parse().map_err(|_| "not a number".to_owned())?;
    if (0.01..=100.0).contains(&resolution) {
        Ok(resolution)
    } else {
        Err("write a number between 0.01 and 100".to_owned())
    }
}

fn failed(error: EngineError) -> Trouble {
    let hint = error.hint().map(str::to_owned);
    Trouble::new(error, hint)
}

impl Split {
    pub(crate) async fn run(self, plan: &Path, format: Format) -> Result<Exit, Trouble> {
        if let Some(What::Lint(lint)) = self.what {
            return lint.run(format);
        }
        let begin = self.start.begin(plan)?;
        let server = database(begin.endpoint.clone());
        let schemas = match (&*self.schemas, &begin.settings) {
            ([], Some(settings)) => settings.scope.schemas.clone(),
            ([], None) => server.schemas().await.map_err(failed)?,
            (named, _) => named.to_vec(),
        };
        let mut input = catalog(server.as_ref(), &Scope::of(schemas))
            .await
            .map_err(failed)?;
        for path in &self.queries {
            queries::read(path, &mut input)?;
        }
        let graph = split_graph(&input);
        let purposes = match &self.purposes {
            Some(path) => file::read(path, &graph)?,
            None => purposes(&graph, self.resolution),
        };
        let cuts = cuts(&input, &graph, &purposes);
        if let Some(path) = &self.write {
            file::write(path, &purposes)?;
        }
        if let Some(path) = &self.svg {
            std::fs::write(path, split_picture(&graph, &purposes, &cuts))
                .map_err(|error| anyhow::anyhow!("failed to write {}: {error}", path.display()))?;
        }
        let report = shown::Report::of(server.endpoint(), &input, &graph, &purposes, cuts);
        match format {
            Format::Json => output::json(&report),
            Format::Text => report.lines().iter().for_each(output::line),
        }
        Ok(Exit::Done)
    }
}

/// What the server's catalog tells.
async fn catalog(server: &dyn Database, scope: &Scope) -> Result<SplitInput, EngineError> {
    let image = server.schema(scope, &server.flavor().await?).await?;
    let bodies = image.objects.into_iter().filter_map(|object| {
        let kind = match object.kind {
            ObjectKind::View => "view",
            ObjectKind::Trigger => "trigger",
            ObjectKind::Routine => "routine",
            _ => return None,
        };
        let schema = scope
            .schemas
            .iter()
            .find(|schema| object.name.trim_start_matches(['`', '"']).starts_with(*schema));
        Some(SplitBody {
            object: format!("{kind} {}", object.name),
            table: object.table.filter(|_| object.kind == ObjectKind::Trigger),
            text: object.create.join(";\n"),
            schema: schema.or(scope.schemas.first()).cloned().unwrap_or_default(),
        })
    });
    let bodies = bodies.collect();
    Ok(SplitInput {
        tables: server.tables(scope).await?,
        foreign_keys: server.foreign_keys(scope).await?,
        bodies,
        rights: server.table_rights(scope).await?,
        ..SplitInput::default()
    })
}
