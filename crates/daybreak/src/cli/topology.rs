mod dot;
mod tree;

use std::collections::BTreeMap;
use std::path::Path;

use clap::Args;
use daybreak_engine::{Role, Untold};
use daybreak_model::{Flavor, Hosting, Product};
use daybreak_work::{Edge, Member, Topology, Unreached, edges};
use serde::Serialize;

use super::source::Start;
use crate::exit::{Exit, Trouble};
use crate::output::{self, Format};

/// Finds the whole estate from any one of its servers: who follows whom, what each runs, how it logs. Changes nothing.
#[derive(Debug, Args)]
pub(crate) struct ShowTopology {
    #[command(flatten)]
    start: Start,
    /// Print the estate as a Graphviz graph.
    #[arg(long)]
    dot: bool,
}

/// An estate as it is printed. The names of these fields are public.
#[derive(Serialize)]
pub(super) struct Estate<'a> {
    /// Address at which the walk began.
    start: String,
    /// Address of the server that all changes come from in the end, where it was reached.
    primary: Option<String>,
    servers: Vec<Node<'a>>,
    links: Vec<Edge>,
    unreached: Vec<Missing<'a>>,
}

/// A server.
#[derive(Serialize)]
pub(super) struct Node<'a> {
    address: String,
    /// Other addresses that lead to it.
    aliases: Vec<&'a str>,
    /// Product, version and hosting in words.
    flavor: String,
    product: &'static str,
    version: String,
    hosting: &'static str,
    role: Role,
    /// Whether applications can write to it now.
    writable: bool,
    gtid: bool,
    server_id: Option<u32>,
    position: Option<&'a str>,
    bytes: Option<u64>,
    tables: Option<u64>,
    clock_offset_ms: i64,
    settings: &'a BTreeMap<String, String>,
    could_not_tell: &'a [Untold],
}

/// A server that was named and not reached.
#[derive(Serialize)]
pub(super) struct Missing<'a> {
    name: &'a str,
    named_by: &'a str,
    why: &'a str,
}

impl ShowTopology {
    pub(crate) async fn run(self, plan: &Path, format: Format) -> Result<Exit, Trouble> {
        let begin = self.start.begin(plan)?;
        let topology = self.start.around(&begin).await?;
        let estate = Estate::of(&topology);
        match format {
            _ if self.dot => output::line(dot::graph(&estate)),
            Format::Json => output::json(&estate),
            Format::Text => tree::lines(&estate).iter().for_each(output::line),
        }
        Ok(Exit::Done)
    }
}

impl<'a> Estate<'a> {
    fn of(topology: &'a Topology) -> Self {
        let start = topology.members.first();
        let node = |member| Node::of(member, topology);
        let missing = |server: &'a Unreached| Missing {
            name: &server.name,
            named_by: &server.named_by,
            why: &server.why,
        };
        Self {
            start: start.map(|member| member.endpoint.address()).unwrap_or_default(),
            primary: topology.primary().ok().map(|member| member.endpoint.address()),
            servers: topology.members.iter().map(node).collect(),
            links: edges(topology),
            unreached: topology.unreached.iter().map(missing).collect(),
        }
    }
}

impl<'a> Node<'a> {
    fn of(member: &'a Member, topology: &'a Topology) -> Self {
        let (identity, told) = (&member.identity, &member.surroundings);
        Self {
            address: member.endpoint.address(),
            aliases: topology.aliases_of(member),
            flavor: identity.flavor.to_string(),
            product: product(&identity.flavor),
            version: identity.flavor.version.to_string(),
            hosting: hosting(&identity.flavor),
            role: identity.role,
            writable: member.open,
            gtid: identity.gtid,
            server_id: identity.server_id,
            position: told.position.as_deref(),
            bytes: told.bytes,
            tables: told.tables,
            clock_offset_ms: identity.clock_offset_ms,
            settings: &told.settings,
            could_not_tell: &told.untold,
        }
    }

    /// Its role in words.
    fn role(&self) -> &'static str {
        match self.role {
            Role::Primary if self.writable => "primary",
            Role::Primary => "primary, read-only now",
            Role::Replica => "replica",
        }
    }
}

const fn product(flavor: &Flavor) -> &'static str {
    match flavor.product {
        Product::Mysql => "mysql",
        Product::PerconaServer => "percona_server",
        Product::MariaDb => "mariadb",
        Product::Postgres => "postgresql",
    }
}

const fn hosting(flavor: &Flavor) -> &'static str {
    match flavor.hosting {
        Hosting::SelfManaged => "self_managed",
        Hosting::Rds => "rds",
        Hosting::Aurora { .. } => "aurora",
    }
}
