//! What is compared with what.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use daybreak_engine::{Database, Direction, Replication, Tie, database, database_part, replication};
use daybreak_model::{Endpoint, Family, Flavor, LinkSettings, Scope, Table};
use daybreak_work::{CheckSettings, Compared, Follows, Member, SHARE_BESIDE_OTHERS, Topology, Unreached};

use super::{DataCheck, failed};
use crate::cli::source::Begin;
use crate::config::Settings;
use crate::exit::Trouble;
use crate::output;

/// What is compared, and what with.
pub(super) struct Ground {
    pub(super) source: Arc<dyn Database>,
    /// With each: whether it is a replica of the company's own.
    pub(super) nodes: Vec<(Compared, bool)>,
    pub(super) scope: Scope,
    pub(super) tables: Vec<Table>,
    pub(super) settings: CheckSettings,
    /// The replication that would bring what is written on the plan's follower back to the source.
    way_back: Option<Arc<dyn Replication>>,
    /// The folder in which a check keeps what it has come to.
    state: PathBuf,
}

impl Ground {
    /// A file of the check's own.
    pub(super) fn file(&self, name: &str) -> std::io::Result<PathBuf> {
        std::fs::create_dir_all(&self.state)?;
        Ok(self.state.join(name))
    }

    /// What is compared with the source.
    pub(super) fn compared(&self) -> Vec<Compared> {
        self.nodes.iter().map(|(node, _)| node.clone()).collect()
    }

    /// Whether repairs of a server stay out of its log: on a replica, and where the source replicates from it, for there they would come
    /// to the source. In words, why they cannot.
    pub(super) async fn repairs_unlogged(&self, node: &Compared, replica: bool) -> Result<bool, String> {
        if replica {
            return Ok(true);
        }
        let back = match (&self.way_back, &node.follows) {
            (Some(link), Follows::Link(_)) => {
                let status = link.status().await;
                status.map_err(|error| error.in_words())?.configured
            }
            _ => {
                let address = node.server.endpoint().address();
                let ties = self.source.surroundings().await.ties;
                let from_it = |tie: &Tie| tie.direction == Direction::Follows && tie.other == address;
                ties.iter().any(from_it)
            }
        };
        let flavor = node.server.flavor().await.map_err(|error| error.in_words())?;
        unlogged(back, &flavor).ok_or_else(|| {
            format!(
                "{} replicates from it, and would get what is written there; remove that replication first, or repair by hand where \
                 both sides are to have it",
                self.source.endpoint()
            )
        })
    }

    /// The addresses of what is compared with the source.
    pub(super) fn addresses(&self) -> Vec<String> {
        let address = |(node, _): &(Compared, bool)| node.server.endpoint().address();
        self.nodes.iter().map(address).collect()
    }

    /// What the check is of: another one does not go on with it.
    pub(super) fn described(&self) -> String {
        let tables: Vec<String> = self.tables.iter().map(|table| table.name.to_string()).collect();
        format!(
            "{} with {}: {} by {} rows or {} bytes, {:?}, naming {}",
            self.source.endpoint().address(),
            self.addresses().join(", "),
            tables.join(", "),
            self.settings.range_rows,
            self.settings.range_bytes,
            self.settings.hashing,
            self.settings.rows_named
        )
    }
}

/// The server that all others are compared with: the estate's primary, or the plan's target once writes have moved there. On
/// PostgreSQL the source stays a primary by the look of it, and its standbys are put with those that are not asked: their
/// positions are the source's.
pub(super) async fn leader(begin: &Begin, topology: &mut Topology) -> Result<Arc<dyn Database>, Trouble> {
    let primary = topology.primary().map_err(|missing| {
        let error = anyhow::anyhow!("the primary {} could not be asked: {}", missing.name, missing.why);
        Trouble::new(error, Some("see that this account reaches the primary"))
    })?;
    let primary = primary.endpoint.clone();
    let Some([source, target]) = begin.settings.as_ref().map(Settings::sides) else {
        return Ok(database(primary));
    };
    let part = begin.part();
    let moved = if part.is_some() {
        // The source is open for the purposes that stay, whichever side has this one.
        let sides = (database_part(source.clone(), part), database(target.clone()));
        let (here, there) = tokio::join!(sides.0.write_state(), sides.1.write_state());
        !here.map_err(failed)?.may_be_written() && there.map_err(failed)?.may_be_written()
    } else {
        let open = |side: &Endpoint| topology.at(&side.address()).is_some_and(|member| member.open);
        let stays = source.family == Family::Mysql || primary.address() != source.address();
        !stays && !open(&source) && open(&target)
    };
    if !moved {
        return Ok(database(primary));
    }
    let sides = [source.address(), target.address()];
    let (two, others) = std::mem::take(&mut topology.members)
        .into_iter()
        .partition(|member| sides.contains(&member.endpoint.address()));
    topology.members = two;
    topology
        .unreached
        .extend(others.into_iter().map(|member: Member| Unreached {
            name: member.endpoint.address(),
            named_by: source.address(),
            why: format!("its positions are those of {source}, and not of {target}: `--source` with the URL of the first compares the two"),
        }));
    Ok(database(target))
}

/// The tables of a scope; only those that are wanted, if any are.
pub(super) async fn tables(
    source: &Arc<dyn Database>,
    scope: &Scope,
    wanted: &[String],
) -> Result<Vec<Table>, Trouble> {
    let mut tables = source.tables(scope).await.map_err(failed)?;
    if wanted.is_empty() {
        return Ok(tables);
    }
    for name in wanted {
        if !tables.iter().any(|table| table.name.to_string() == *name) {
            let address = source.endpoint().address();
            let error = anyhow::anyhow!("{address} has no table {name} among what is compared");
            return Err(Trouble::usage(error, Some("write it as SCHEMA.TABLE".to_owned())));
        }
    }
    tables.retain(|table| wanted.contains(&table.name.to_string()));
    Ok(tables)
}

impl DataCheck {
    /// Finds out what is compared with what.
    pub(super) async fn ground(
        &self,
        begin: &Begin,
        source: Arc<dyn Database>,
        topology: &Topology,
        folder: &Path,
    ) -> Result<Ground, Trouble> {
        let own = source.endpoint().address();
        let mut nodes: Vec<(Compared, bool)> = Vec::new();
        let sides = Sides::of(begin, &own);
        // The plan's follower is asked how far it is by the plan's own replication.
        let follower = sides.as_ref().map(|sides| sides.follower.address());
        for member in topology
            .members
            .iter()
            .filter(|member| ![Some(&own), follower.as_ref()].contains(&Some(&member.endpoint.address())))
        {
            let label = "replica".to_owned();
            nodes.push((
                by_itself(Endpoint {
                    label,
                    ..member.endpoint.clone()
                }),
                true,
            ));
        }
        for url in &self.nodes {
            let endpoint = self.start.endpoint("node", url)?;
            let server = database(endpoint.clone());
            let follows = server.identity().await.map_err(failed)?.follows.is_some();
            let compared = if follows {
                by_itself(endpoint)
            } else {
                Compared {
                    server,
                    follows: Follows::Nothing,
                }
            };
            nodes.push((compared, follows));
        }
        let way_back = sides.as_ref().map(Sides::way_back);
        if let Some(sides) = sides {
            nodes.extend(sides.compared().await.map(|follower| (follower, false)));
        }
        if nodes.is_empty() {
            let error =
                anyhow::anyhow!("{own} has no replica, and there is no other server to compare it with");
            let hint = "name one with `--node URL`, or `--also HOST:PORT` for a standby on a port of its own";
            return Err(Trouble::usage(error, Some(hint.to_owned())));
        }
        let schemas = match &begin.settings {
            _ if !self.schemas.is_empty() => self.schemas.clone(),
            Some(settings) => settings.scope.schemas.clone(),
            None => source.schemas().await.map_err(failed)?,
        };
        let scope = Scope {
            part: begin.part(),
            ..Scope::of(schemas)
        };
        let tables = tables(&source, &scope, &self.tables).await?;
        let planned = begin.settings.as_ref();
        let mut settings = planned.map_or_else(CheckSettings::default, |settings| settings.check.clone());
        settings.rows_named = self.rows_named;
        settings.lag_seconds = self.max_lag.unwrap_or(settings.lag_seconds);
        if let Some(seconds) = self.patience {
            settings.patience = Duration::from_secs(seconds.into());
        }
        settings.chunk_time = self.chunk_time.unwrap_or(settings.chunk_time);
        settings.share = self.share.or(if self.watch {
            Some(SHARE_BESIDE_OTHERS)
        } else {
            settings.share
        });
        settings.reopen = self.watch;
        settings.hashing.strong |= self.strong;
        settings.hashing.json_by_meaning |= self.json_by_meaning;
        let throttle = &mut settings.throttle;
        throttle.running_sessions = self.max_running_sessions.unwrap_or(throttle.running_sessions);
        let state = planned.map_or_else(|| folder.join(".daybreak"), |settings| settings.state_dir.clone());
        Ok(Ground {
            source,
            nodes,
            scope,
            tables,
            settings,
            way_back,
            state,
        })
    }
}

/// Whether repairs of a server that is no replica stay out of its log, which they must where the source replicates from it; none
/// where they cannot: Amazon lets nobody leave the binary log, and PostgreSQL has no such setting.
fn unlogged(replicated_back: bool, flavor: &Flavor) -> Option<bool> {
    match flavor.family() {
        _ if !replicated_back => Some(false),
        Family::Mysql if !flavor.is_managed() => Some(true),
        Family::Mysql | Family::Postgres => None,
    }
}

fn by_itself(endpoint: Endpoint) -> Compared {
    Compared {
        server: database(endpoint),
        follows: Follows::ByItself,
    }
}

/// The plan's two sides, as writes are now.
struct Sides {
    leader: Endpoint,
    follower: Endpoint,
    native: bool,
    link: LinkSettings,
    back: LinkSettings,
}

impl Sides {
    /// The target follows until writes have moved to it; then it is what the others are compared with, and the source follows.
    fn of(begin: &Begin, primary: &str) -> Option<Self> {
        let settings = begin.settings.as_ref()?;
        let [source, target] = settings.sides();
        let moved = target.address() == primary;
        let (leader, follower) = if moved { (target, source) } else { (source, target) };
        let link = [settings.link.clone(), settings.link.towards_source()];
        Some(Self {
            leader,
            follower,
            native: settings.native && (settings.way_back || !moved),
            link: link[usize::from(moved)].clone(),
            back: link[usize::from(!moved)].clone(),
        })
    }

    /// The replication from the follower to the leader, whether it is set up or not.
    fn way_back(&self) -> Arc<dyn Replication> {
        replication(self.follower.clone(), self.leader.clone(), self.back.clone())
    }

    /// The follower, if it replicates from the leader now.
    async fn compared(self) -> Option<Compared> {
        let (leader, follower) = (self.leader, self.follower);
        let link = replication(leader.clone(), follower.clone(), self.link);
        let running = self.native && link.status().await.is_ok_and(|status| status.applying);
        if !running {
            output::say(format!(
                "{follower} is left out: it does not replicate from {leader} now"
            ));
            return None;
        }
        Some(Compared {
            server: database(follower),
            follows: Follows::Link(link),
        })
    }
}

#[cfg(test)]
mod tests {
    use daybreak_model::{Flavor, Hosting, Product, Version};

    use super::unlogged;

    #[test]
    fn what_would_come_back_stays_out_of_the_log_or_is_not_written() {
        let own = |product| Flavor::self_managed(product, Version::new(8, 4, 0));
        let amazons = |product| Flavor {
            hosting: Hosting::Rds,
            ..own(product)
        };
        for (flavor, comes_back) in [
            (own(Product::Mysql), Some(true)),
            (own(Product::MariaDb), Some(true)),
            (amazons(Product::Mysql), None),
            (own(Product::Postgres), None),
            (amazons(Product::Postgres), None),
        ] {
            assert_eq!(unlogged(true, &flavor), comes_back, "{flavor}");
            assert_eq!(unlogged(false, &flavor), Some(false), "{flavor}");
        }
    }
}
