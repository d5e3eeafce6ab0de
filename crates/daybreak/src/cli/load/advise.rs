//! Which method of load fits an estate, and why.

use std::path::Path;
use std::time::Duration;

use clap::Args;
use daybreak_assess::{Method, physical, ways};
use daybreak_engine::database;
use daybreak_model::{AuroraLine, Family, Finding, Flavor, Hosting, Part, Scope, Severity, Told};
use daybreak_runbook::{History, RunId};
use daybreak_work::{LoadReport, ReadingSpeed, reading_speed};
use indicatif::{HumanBytes, HumanCount};
use serde::Serialize;

use super::super::source::Start;
use super::super::status::history;
use crate::assessment::default_line;
use crate::config::Settings;
use crate::exit::{Exit, Trouble};
use crate::output::{self, Format};

/// From which size on copying files pays for its trouble, in bytes: below, rows are there sooner than a bucket and a role are made.
const LARGE: u64 = 1 << 40;

/// Says which method of load fits this server, and why not the others, with hours from what was measured. Changes nothing.
#[derive(Debug, Args)]
pub(crate) struct Advise {
    #[command(flatten)]
    start: Start,
    /// The Aurora version to go to, such as `3.10`, `aurora-postgresql 17`; as `assess` has it, if none is named.
    #[arg(long, value_name = "VERSION", num_args = 1..=2)]
    target: Vec<String>,
    /// A schema; the plan's, or all, if none is named. May be repeated.
    #[arg(long, value_name = "NAME")]
    schema: Vec<String>,
    /// For how long rows are read to see how fast they come; 0 reads none.
    #[arg(long, value_name = "SECONDS", default_value_t = 5, value_parser = clap::value_parser!(u64).range(0..=600))]
    measure: u64,
}

/// What is said. The names of these fields are public.
#[derive(Serialize)]
struct Report {
    server: String,
    flavor: String,
    target: &'static str,
    /// The first that fits.
    advised: &'static str,
    reading: Option<ReadingSpeed>,
    /// What the plan's last load wrote, in bytes per second.
    loading_bytes_per_second: Option<f64>,
    methods: Vec<Advised>,
}

#[derive(Debug, Serialize)]
struct Advised {
    method: &'static str,
    fits: bool,
    /// Whether the program carries it out, as `why` says; else it is done by hand.
    ours: bool,
    why: Vec<String>,
    /// From what was measured; no less than this where `at_least` says so.
    hours: Option<f64>,
    at_least: bool,
}

impl Advise {
    pub(crate) async fn run(self, plan: &Path, format: Format) -> Result<Exit, Trouble> {
        let begin = self.start.begin(plan)?;
        let server = database(begin.endpoint.clone());
        let engine = |error: daybreak_engine::EngineError| {
            let hint = error.hint().map(str::to_owned);
            Trouble::new(error, hint)
        };
        let flavor = server.flavor().await.map_err(engine)?;
        let line = self.line(&flavor)?;
        let scope = match (&begin.settings, self.schema.is_empty()) {
            (Some(settings), true) => settings.scope.clone(),
            (None, true) => Scope::of(server.schemas().await.map_err(engine)?),
            _ => Scope::of(self.schema.clone()),
        };
        let connections = begin
            .settings
            .as_ref()
            .map_or(4, |settings| settings.load.workers);
        let reading = match self.measure {
            0 => None,
            seconds => {
                let time = Duration::from_secs(seconds);
                let speed = reading_speed(&server, &scope, connections, time).await;
                speed.map_err(engine)?
            }
        };
        let tables = server.tables(&scope).await.map_err(engine)?;
        let bytes = tables.iter().map(|table| table.estimated_bytes).sum();
        let findings = match flavor.family() {
            Family::Mysql => physical(&server, line).await.map_err(engine)?.findings,
            Family::Postgres => Vec::new(),
        };
        let known = Known {
            flavor: &flavor,
            line,
            bytes,
            findings: &findings,
            reading: reading.as_ref(),
            loading: last_load(begin.settings.as_ref()).await?,
        };
        let mut methods = known.methods();
        let part = begin
            .settings
            .as_ref()
            .and_then(|settings| settings.scope.part.as_ref());
        if let Some(part) = part {
            methods.iter_mut().for_each(|method| method.fit(part));
        }
        let report = Report {
            server: begin.endpoint.to_string(),
            flavor: flavor.to_string(),
            target: line.name,
            advised: known.advised(&methods),
            loading_bytes_per_second: known.loading,
            methods,
            reading,
        };
        report.print(format);
        Ok(Exit::Done)
    }

    fn line(&self, flavor: &Flavor) -> Result<&'static AuroraLine, Trouble> {
        if self.target.is_empty() {
            return Ok(default_line(flavor));
        }
        let named = self.target.join(" ");
        let named = match flavor.family() {
            _ if named.starts_with("aurora-") => named,
            Family::Mysql => format!("aurora-mysql {named}"),
            Family::Postgres => format!("aurora-postgresql {named}"),
        };
        let line = AuroraLine::named(&named).map_err(|error| {
            let hint = "`daybreak assess` names the lines that a server can go to".to_owned();
            Trouble::usage(error, Some(hint))
        })?;
        if line.family == flavor.family() {
            return Ok(line);
        }
        Err(Trouble::usage(
            anyhow::anyhow!("{named} is of another family than {flavor}"),
            Some("name a line of its own family".to_owned()),
        ))
    }
}

impl Advised {
    /// What brings a whole server brings more than a part of it.
    fn fit(&mut self, part: &Part) {
        if self.fits && !matches!(self.method, "direct" | "dump") {
            self.fits = false;
            self.hours = None;
            self.why = vec![format!(
                "it would bring more than {}, which moves alone",
                part.name
            )];
        }
    }
}

/// Bytes per second of the newest load in the plan's journal.
async fn last_load(settings: Option<&Settings>) -> Result<Option<f64>, Trouble> {
    let Some(settings) = settings.filter(|settings| settings.journal().exists()) else {
        return Ok(None);
    };
    let history: History = history(settings).await?;
    let last = history.runs().last().map_or(RunId(0), |run| run.id);
    let evidence = history.evidence(last, "load.copy");
    let report = evidence.and_then(|evidence| evidence.read::<LoadReport>().ok());
    let speed = report.filter(|report| report.bytes > 0 && report.seconds > 0.0);
    Ok(speed.map(|report| as_float(report.bytes) / report.seconds))
}

/// What the advice is made of.
struct Known<'a> {
    flavor: &'a Flavor,
    line: &'static AuroraLine,
    /// Of all tables, as the server keeps them.
    bytes: u64,
    findings: &'a [Finding],
    reading: Option<&'a ReadingSpeed>,
    /// Bytes per second.
    loading: Option<f64>,
}

impl Known<'_> {
    fn methods(&self) -> Vec<Advised> {
        let ways = ways(self.flavor);
        let to_line = |method| {
            ways.iter()
                .find(|way| way.line.name == self.line.name && way.method == method)
        };
        let replicates = to_line(Method::Replication);
        let rows = replicates.or_else(|| to_line(Method::Load));
        let writes_wait = "nothing can follow this server there: writes wait from before the load until applications have moved";
        let of_rows = |ours, method, first: &str, twice| {
            let mut why = vec![first.to_owned()];
            match (rows, replicates) {
                (None, _) => {
                    why = vec![format!(
                        "no row of {} is taken by {}",
                        self.flavor, self.line.name
                    )]
                }
                (Some(_), None) => why.push(writes_wait.to_owned()),
                (Some(_), Some(way)) => why.extend(way.condition.map(str::to_owned)),
            }
            let (hours, at_least) = self.hours(twice);
            Advised {
                method,
                fits: rows.is_some(),
                ours,
                why,
                hours: hours.filter(|_| rows.is_some()),
                at_least,
            }
        };
        let mut methods = vec![
            of_rows(
                true,
                "direct",
                "rows go straight from a snapshot to the target; nothing is stored in between",
                false,
            ),
            of_rows(
                true,
                "dump",
                "rows go through files, which are kept, need no connection from the source to the target, and can be loaded again",
                true,
            ),
        ];
        methods.push(self.files(to_line(Method::PhysicalRestore).is_some()));
        for (method, name, how, otherwise) in [
            (
                Method::Snapshot,
                "rds-snapshot",
                "`provision apply --from-snapshot NAME`, then `load.method = \"restored\"`",
                "it is restored from a snapshot of an RDS instance of the same major version",
            ),
            (
                Method::ReadReplica,
                "aurora-replica",
                "`provision apply --replica-of ARN`, `provision promote`, then `load.method = \"restored\"`",
                "it follows an RDS instance of the same major version, in its region and account",
            ),
        ] {
            let way = to_line(method).filter(|way| way.path.is_empty());
            let why = match way {
                Some(way) => std::iter::once(how)
                    .chain(way.condition)
                    .map(str::to_owned)
                    .collect(),
                None => vec![otherwise.to_owned()],
            };
            methods.push(Advised {
                method: name,
                fits: way.is_some(),
                ours: true,
                why,
                hours: None,
                at_least: false,
            });
        }
        methods.push(of_rows(
            true,
            "logical-tools",
            "mysqldump or pg_dump, where a company insists: slower, on one connection, and begun anew when broken off",
            true,
        ));
        methods
    }

    /// Data files by way of S3.
    fn files(&self, there_is_a_way: bool) -> Advised {
        let mut why: Vec<String> = self
            .findings
            .iter()
            .filter(|finding| finding.severity == Severity::Blocks || finding.told == Told::CouldNotTell)
            .map(|finding| format!("{}: {} ({})", finding.object, finding.evidence, finding.id))
            .collect();
        let told_all = self
            .findings
            .iter()
            .all(|finding| finding.told != Told::CouldNotTell);
        let blocked = self
            .findings
            .iter()
            .any(|finding| finding.severity == Severity::Blocks && finding.told == Told::Found);
        let fits = there_is_a_way && !blocked && self.flavor.family() == Family::Mysql;
        if self.flavor.family() == Family::Postgres {
            why = vec!["Aurora PostgreSQL restores no data files".to_owned()];
        } else if self.flavor.hosting != Hosting::SelfManaged {
            why.insert(
                0,
                "nobody but Amazon reaches the data files of a managed server".to_owned(),
            );
        } else if fits {
            let notes = self
                .findings
                .iter()
                .filter(|finding| finding.severity != Severity::Blocks);
            why.extend(notes.map(|note| format!("{}: {}", note.object, note.remedy)));
            why.insert(
                0,
                "the data files go to S3 by XtraBackup (`load --method xtrabackup`, on the machine that has them), and Aurora restores them (`provision apply --from-backup`); a bucket and a role are needed"
                    .to_owned(),
            );
        }
        if !told_all {
            why.push("what could not be told may refuse it".to_owned());
        }
        Advised {
            method: "xtrabackup",
            fits,
            ours: true,
            why,
            // How fast files are read and sent to S3 was not measured.
            hours: None,
            at_least: false,
        }
    }

    /// Hours for all rows, and whether it takes at least these. `twice`: written and read again in between.
    fn hours(&self, twice: bool) -> (Option<f64>, bool) {
        let Some(reading) = self.reading else {
            return (None, false);
        };
        let out = reading.seconds_for_all;
        let inward = self.loading.map(|speed| as_float(reading.bytes_in_all) / speed);
        let seconds = match (inward, twice) {
            (Some(inward), true) => out + inward,
            (Some(inward), false) => out.max(inward),
            (None, _) => out,
        };
        (Some(seconds / 3600.0), inward.is_none())
    }

    /// The method that fits best.
    fn advised(&self, methods: &[Advised]) -> &'static str {
        let fits = |name| methods.iter().any(|method| method.method == name && method.fits);
        if fits("aurora-replica") {
            "aurora-replica"
        } else if fits("xtrabackup") && self.bytes >= LARGE {
            "xtrabackup"
        } else if fits("direct") {
            "direct"
        } else {
            "none"
        }
    }
}

impl Report {
    fn print(&self, format: Format) {
        if format == Format::Json {
            return output::json(self);
        }
        output::line(format!(
            "{} ({}) to Aurora {}: {}",
            self.server, self.flavor, self.target, self.advised
        ));
        if let Some(reading) = &self.reading {
            output::line(format!(
                "measured: {} connections read {} rows, {}, in {:.1} s; about {} and {} in all",
                reading.connections,
                HumanCount(reading.rows),
                HumanBytes(reading.bytes),
                reading.seconds,
                HumanCount(reading.rows_in_all),
                HumanBytes(reading.bytes_in_all)
            ));
        }
        match self.loading_bytes_per_second {
            Some(speed) => output::line(format!("the last load wrote {speed:.0} bytes a second")),
            None => output::line(
                "how fast the target takes rows was not measured: hours are those of reading alone",
            ),
        }
        for method in &self.methods {
            let hours = match method.hours {
                Some(hours) if method.at_least => format!(", at least {hours:.2} h"),
                Some(hours) => format!(", {hours:.2} h"),
                None => String::new(),
            };
            let fits = if method.fits { "fits" } else { "does not fit" };
            let ours = if method.fits && !method.ours {
                ", by hand"
            } else {
                ""
            };
            output::line(format!("\n{}: {fits}{ours}{hours}", method.method));
            for why in &method.why {
                output::line(format!("  {why}"));
            }
        }
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "rates and estimates need no more than 53 bits"
)]
const fn as_float(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use daybreak_model::{AuroraLine, Finding, Flavor, Hosting, Product, Severity, Told, Version};
    use daybreak_work::ReadingSpeed;

    use super::Known;

    fn known<'a>(flavor: &'a Flavor, line: &str, bytes: u64, findings: &'a [Finding]) -> Known<'a> {
        Known {
            flavor,
            line: AuroraLine::named(line).expect("a line"),
            bytes,
            findings,
            reading: None,
            loading: None,
        }
    }

    fn finding(severity: Severity, told: Told) -> Finding {
        Finding {
            id: "mysql.setting.page_size".to_owned(),
            rows: Vec::new(),
            severity,
            server: "s".to_owned(),
            object: "innodb_page_size".to_owned(),
            evidence: "it is 4096 bytes".to_owned(),
            remedy: String::new(),
            statement: None,
            told,
        }
    }

    #[test]
    fn large_servers_go_by_their_files_unless_those_are_refused() {
        let server = Flavor::self_managed(Product::Mysql, Version::new(8, 0, 36));
        let advised = |bytes, findings: &[Finding]| {
            let known = known(&server, "aurora-mysql 3.10", bytes, findings);
            known.advised(&known.methods())
        };
        assert_eq!(advised(1 << 30, &[]), "direct");
        assert_eq!(advised(1 << 41, &[]), "xtrabackup");
        assert_eq!(
            advised(1 << 41, &[finding(Severity::Note, Told::Found)]),
            "xtrabackup"
        );
        assert_eq!(
            advised(1 << 41, &[finding(Severity::Blocks, Told::Found)]),
            "direct"
        );
    }

    #[test]
    fn managed_servers_have_ways_of_their_own() {
        let mut server = Flavor::self_managed(Product::Mysql, Version::new(8, 0, 36));
        server.hosting = Hosting::Rds;
        let known = known(&server, "aurora-mysql 3.10", 1 << 41, &[]);
        let methods = known.methods();
        assert_eq!(known.advised(&methods), "aurora-replica");
        let fitting: Vec<_> = methods
            .iter()
            .filter(|method| method.fits)
            .map(|method| method.method)
            .collect();
        assert_eq!(
            fitting,
            [
                "direct",
                "dump",
                "rds-snapshot",
                "aurora-replica",
                "logical-tools"
            ]
        );
    }

    #[test]
    fn hours_are_those_of_the_slower_side_or_of_both_one_after_the_other() {
        let server = Flavor::self_managed(Product::Postgres, Version::new(15, 4, 0));
        let reading = ReadingSpeed {
            connections: 4,
            rows: 1,
            bytes: 1 << 20,
            seconds: 1.0,
            rows_in_all: 1,
            bytes_in_all: 7200 << 20,
            seconds_for_all: 7200.0,
        };
        let mut known = known(&server, "aurora-postgresql 17", 0, &[]);
        assert_eq!(known.hours(false), (None, false));
        known.reading = Some(&reading);
        assert_eq!(known.hours(false), (Some(2.0), true));
        known.loading = Some(f64::from(2 << 20));
        assert_eq!(known.hours(false), (Some(2.0), false));
        assert_eq!(known.hours(true), (Some(3.0), false));
    }
}
