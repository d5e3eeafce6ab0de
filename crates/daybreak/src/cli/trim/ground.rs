//! Where rules are run: on which server, beside which replicas, by which rules.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use daybreak_engine::{Database, EngineError, database, database_part};
use daybreak_model::Endpoint;
use daybreak_work::{Hold, Topology, TrimLimits, TrimPlan, TrimRule, Which as Rows, plan_trim};
use jiff::Timestamp;

use super::{On, Which, failed};
use crate::config::{self, ON_THE_WAY, Place, Settings};
use crate::estate::recognise;
use crate::exit::Trouble;
use crate::loading;

/// Rules made plans, and the servers that they concern.
pub(in crate::cli) struct Ground {
    pub(super) server: Arc<dyn Database>,
    /// Servers that follow it.
    pub(super) replicas: Vec<Arc<dyn Database>>,
    pub(super) plans: Vec<TrimPlan>,
    pub(super) limits: TrimLimits,
    /// Servers of the estate that cannot be asked how far they are behind, each with the reason.
    pub(super) unreached: Vec<String>,
    pub(super) ignore_unreached: bool,
    /// Locks, and the list of runs.
    pub(super) state: PathBuf,
}

/// Which rules, what is held, and the bucket that archives go to.
struct Rules<'a> {
    rules: &'a [TrimRule],
    holds: &'a [Hold],
    bucket: Option<&'a Place>,
}

fn asked(error: EngineError) -> Trouble {
    let hint = error.hint().map(str::to_owned);
    Trouble::new(error, hint)
}

impl Ground {
    /// By the command line.
    pub(super) async fn of(which: &Which, plan: &Path) -> Result<Self, Trouble> {
        let begin = which.start.begin(plan)?;
        let (mut limits, holds, mut state) = match &begin.settings {
            Some(settings) => (
                settings.trim.limits.clone(),
                settings.trim.holds.clone(),
                settings.state_dir.clone(),
            ),
            None => {
                let folder = plan.parent().unwrap_or(Path::new("."));
                (TrimLimits::default(), Vec::new(), folder.join(".daybreak"))
            }
        };
        state.push("trim");
        limits.max_lag_seconds = which.max_lag.unwrap_or(limits.max_lag_seconds);
        limits.running_sessions = which.max_running_sessions.unwrap_or(limits.running_sessions);
        if let Some(rows) = which.chunk_rows {
            limits.chunk_rows = rows as usize;
        }
        let access = begin
            .settings
            .as_ref()
            .map(|settings| settings.trim.access.clone());
        let place = Place::named(&access.unwrap_or_default(), Path::new("."), &which.archive);
        let place = place.map_err(|hint| {
            let error = anyhow::anyhow!("`--archive` is `{}`", which.archive);
            Trouble::usage(error, Some(hint.to_owned()))
        })?;
        let (archive, mut bucket) = match place {
            Place::Directory(path) => (path, None),
            bucket @ Place::Bucket { .. } => (state.join(ON_THE_WAY), Some(bucket)),
        };
        if which.table.is_none() {
            bucket = begin
                .settings
                .as_ref()
                .and_then(|settings| settings.trim.bucket.clone());
        }
        let rules = rules(which, begin.settings.as_ref(), &archive)?;
        let server = match &begin.settings {
            Some(settings) => side(settings, which.on).await?,
            None => begin.endpoint.clone(),
        };
        let mut own = Self::around(
            server,
            begin.settings.as_ref(),
            &begin.also,
            Rules {
                rules: &rules,
                holds: &holds,
                bucket: bucket.as_ref(),
            },
            limits,
            state,
        )
        .await?;
        own.ignore_unreached |= which.ignore_unreached;
        Ok(own)
    }

    /// By the plan alone: these of its rules, wherever applications write now.
    pub(in crate::cli) async fn of_plan(settings: &Settings, rules: &[TrimRule]) -> Result<Self, Trouble> {
        let trim = &settings.trim;
        let server = side(settings, None).await?;
        Self::around(
            server,
            Some(settings),
            &settings.also,
            Rules {
                rules,
                holds: &trim.holds,
                bucket: trim.bucket.as_ref(),
            },
            trim.limits.clone(),
            settings.state_dir.join("trim"),
        )
        .await
    }

    async fn around(
        endpoint: Endpoint,
        settings: Option<&Settings>,
        also: &[String],
        rules: Rules<'_>,
        limits: TrimLimits,
        state: PathBuf,
    ) -> Result<Self, Trouble> {
        let known: Vec<Endpoint> = settings.into_iter().flat_map(Settings::sides).collect();
        let mut topology = daybreak_work::walk(&endpoint, also, &known)
            .await
            .map_err(asked)?;
        let server = database(endpoint.clone());
        let mut replicas = followers(&topology, &endpoint);
        if let Some(settings) = settings {
            recognise(&mut topology, settings).await;
            replicas.extend(target(settings, &endpoint, &topology).await);
        }
        let lacking = server.missing_privileges("trim").await.map_err(asked)?;
        if !lacking.is_empty() {
            return Err(Trouble::new(
                anyhow::anyhow!(
                    "account `{}` on {endpoint} lacks {}",
                    endpoint.user,
                    lacking.join(", ")
                ),
                Some("`daybreak accounts --for trim` prints the grants"),
            ));
        }
        let now = Timestamp::now();
        let depot = match rules.bucket {
            Some(place) => {
                let opened = loading::open(place).await;
                Some(opened.map_err(|error| {
                    let hint = error.hint();
                    Trouble::new(error, hint)
                })?)
            }
            None => None,
        };
        let mut plans = Vec::with_capacity(rules.rules.len());
        for rule in rules.rules {
            let mut plan = plan_trim(&server, rule, rules.holds, now).await.map_err(failed)?;
            plan.depot.clone_from(&depot);
            plans.push(plan);
        }
        let unreached = topology.unreached.iter();
        Ok(Self {
            server,
            replicas,
            plans,
            limits,
            unreached: unreached
                .map(|server| format!("{}: {}", server.name, server.why))
                .collect(),
            ignore_unreached: settings.is_some_and(|settings| settings.trim.ignore_unreached),
            state,
        })
    }
}

/// The side that applications write to, or the one that was named.
async fn side(settings: &Settings, named: Option<On>) -> Result<Endpoint, Trouble> {
    let (source, target) = (&settings.source.endpoint, &settings.target.endpoint);
    match named {
        Some(On::Source) => return Ok(source.clone()),
        Some(On::Target) => return Ok(target.clone()),
        None => {}
    }
    if database_part(source.clone(), settings.scope.part.clone())
        .write_state()
        .await
        .map_err(asked)?
        .may_be_written()
    {
        return Ok(source.clone());
    }
    if database(target.clone())
        .write_state()
        .await
        .map_err(asked)?
        .may_be_written()
    {
        return Ok(target.clone());
    }
    Err(Trouble::new(
        anyhow::anyhow!("neither {source} nor {target} takes writes"),
        Some(
            "rows are taken out of the side that applications write to: `daybreak status` tells where the migration stands",
        ),
    ))
}

/// Members of the estate that follow others.
fn followers(topology: &Topology, own: &Endpoint) -> Vec<Arc<dyn Database>> {
    let others = topology.members.iter().filter(|member| {
        let other = member.endpoint.address() != own.address();
        other && member.identity.follows.is_some()
    });
    others.map(|member| database(member.endpoint.clone())).collect()
}

/// The plan's other side, while it follows; its account is another than the walk's.
async fn target(settings: &Settings, own: &Endpoint, topology: &Topology) -> Option<Arc<dyn Database>> {
    let sides = [&settings.source.endpoint, &settings.target.endpoint];
    let other = sides.into_iter().find(|side| side.address() != own.address())?;
    if topology.at(&other.address()).is_some() {
        return None;
    }
    let server = database(other.clone());
    let follows = server.identity().await.ok()?.follows.is_some();
    follows.then_some(server)
}

/// The rule of the command line, or those of the plan.
fn rules(which: &Which, settings: Option<&Settings>, archive: &Path) -> Result<Vec<TrimRule>, Trouble> {
    let wrong = |what: String, hint: &str| Trouble::usage(anyhow::anyhow!(what), Some(hint.to_owned()));
    if let Some(table) = &which.table {
        let table = config::table_name(table)
            .map_err(|message| wrong(format!("`--table` {message}"), "such as shop.orders"))?;
        let rows = match (&which.condition, &which.column, which.keep) {
            (Some(expression), ..) => Rows::Where(expression.clone()),
            (None, Some(column), Some(keep)) => Rows::Age {
                column: column.clone(),
                keep,
                unit: which.unit.into(),
                zone: which.time_zone.clone(),
            },
            _ => {
                let hint = "write `--where EXPRESSION`, or `--column NAME --keep SPAN`";
                return Err(wrong(format!("which rows of {table}?"), hint));
            }
        };
        let name: String = table
            .to_string()
            .chars()
            .map(|c| {
                if c.is_ascii_alphanumeric() || c == '_' {
                    c
                } else {
                    '-'
                }
            })
            .take(60)
            .collect();
        debug_assert!(config::is_rule_name(&name), "made of what a name may have");
        return Ok(vec![TrimRule {
            archive: (!which.no_archive).then(|| archive.join(&name)),
            name,
            table,
            which: rows,
            children: which.children.into(),
            partitions: which.partitions,
            triggers: which.fire_triggers,
        }]);
    }
    let Some(settings) = settings else {
        let hint = "write `--table SCHEMA.TABLE`, or leave out `--source` and write rules in the plan";
        return Err(wrong("there is no rule".to_owned(), hint));
    };
    let all = || settings.trim.rules.iter().map(|planned| &planned.rule);
    if let Some(unknown) = which
        .rules
        .iter()
        .find(|name| !all().any(|rule| rule.name == **name))
    {
        let names: Vec<&str> = all().map(|rule| rule.name.as_str()).collect();
        let hint = format!("its rules: {}", names.join(", "));
        return Err(wrong(format!("the plan has no rule `{unknown}`"), &hint));
    }
    let wanted = |rule: &&TrimRule| which.rules.is_empty() || which.rules.contains(&rule.name);
    let rules: Vec<TrimRule> = all().filter(wanted).cloned().collect();
    if rules.is_empty() {
        let hint = "write one as `[[trim.rules]]`, with `name`, `table`, and `column` and `keep`, or `where`";
        return Err(wrong("the plan has no rule".to_owned(), hint));
    }
    Ok(rules)
}
