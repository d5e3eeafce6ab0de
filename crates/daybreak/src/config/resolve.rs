use std::path::{Path, PathBuf};
use std::time::Duration;

use daybreak_engine::Hashing;
use daybreak_model::{Endpoint, Family, LinkSettings, Part, Scope, Secret};
use daybreak_work::{CheckSettings, LoadSettings, ReadinessLimits, ThrottleLimits};

use super::raw::{
    RawCheck, RawCutOver, RawGate, RawLoad, RawMigration, RawPlan, RawSecret, RawSide, RawStragglers,
};
use super::{
    CutOverSettings, GateSettings, LoadMethod, PlanError, Settings, Side, cluster, load, purposes, slow,
    trim, waiver,
};

/// What a name may be.
pub(crate) const NAME_HINT: &str =
    "use 1 to 20 lower-case letters, digits and `_`: it becomes part of slot and account names";

/// Whether a name can be part of account, slot and subscription names.
pub(crate) fn is_name(name: &str) -> bool {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    !name.is_empty() && name.len() <= 20 && name.chars().all(fits)
}

/// Whether it is `host:port`.
pub(crate) fn is_address(address: &str) -> bool {
    address
        .rsplit_once(':')
        .is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok())
}

/// Where a value stands and how its secrets are looked up.
struct Resolver<'a> {
    path: &'a Path,
    environment: &'a dyn Fn(&str) -> Option<String>,
}

/// Fills in every default and fetches every secret.
pub(super) fn resolve(
    path: &Path,
    mut raw: RawPlan,
    environment: &dyn Fn(&str) -> Option<String>,
) -> Result<Settings, PlanError> {
    let resolver = Resolver { path, environment };
    let folder = path.parent().unwrap_or(Path::new("."));
    let part = resolver.part(&raw.migration, folder)?;
    let name = resolver.name("migration.name", raw.migration.name)?;
    if raw.migration.schemas.is_empty() {
        return Err(resolver.error(
            "migration.schemas",
            "is empty",
            "name the databases or schemas to migrate",
        ));
    }
    let source = resolver.side("source", raw.source)?;
    let target = resolver.side("target", raw.target)?;
    if source.endpoint.family != target.endpoint.family {
        let message = format!(
            "is {}, and the source is {}",
            target.endpoint.family, source.endpoint.family
        );
        return Err(resolver.error(
            "target.url",
            &message,
            "a migration stays within one family of databases",
        ));
    }
    if (&source.endpoint.host, source.endpoint.port) == (&target.endpoint.host, target.endpoint.port) {
        return Err(resolver.error(
            "target.url",
            "names the same address as the source",
            "name the other server",
        ));
    }
    if source.endpoint.family == Family::Postgres {
        for (key, side) in [("source.url", &source), ("target.url", &target)] {
            if side.endpoint.database.is_none() {
                let hint = "write it as postgres://user@host:5432/database";
                return Err(resolver.error(key, "names no database", hint));
            }
        }
    }
    if let Some(name) = raw.migration.also.iter().find(|name| !is_address(name)) {
        return Err(resolver.error(
            "migration.also",
            &format!("has `{name}`"),
            "write each as host:port",
        ));
    }
    let native = raw.replication.native.unwrap_or(true);
    if !native && raw.replication.way_back == Some(true) {
        return Err(resolver.error(
            "replication.way_back",
            "is true, and `replication.native` is false",
            "there is no way back without replication: set `replication.way_back = false`",
        ));
    }
    if raw.replication.tls == Some(false)
        && (raw.replication.ca_on_source.is_some() || raw.replication.ca_on_target.is_some())
    {
        return Err(resolver.error(
            "replication.tls",
            "is false, and a file of authorities is named",
            "nothing is verified without encryption: set `replication.tls = true`, or take the files out",
        ));
    }
    let link = LinkSettings {
        user: raw.replication.user.unwrap_or_else(|| {
            let user = part.as_ref().map_or("daybreak_repl", |_| LinkSettings::PART_USER);
            user.to_owned()
        }),
        password: resolver.secret("replication.password", &raw.replication.password)?,
        tls: raw.replication.tls.unwrap_or(true),
        ca_on_source: raw.replication.ca_on_source,
        ca_on_target: raw.replication.ca_on_target,
        gtid: raw.replication.gtid,
        name: LinkSettings::named(&name, part.as_ref()),
        part: part.clone(),
        back: false,
    };
    let load_settings = resolver.load(&raw.load, &link.name)?;
    let methods = load::resolve(
        &mut raw.load,
        source.endpoint.family,
        link.gtid,
        folder,
        |key, message, hint| resolver.error(key, message, hint),
    )?;
    if let (Some(part), false) = (
        &part,
        matches!(methods.method, LoadMethod::Direct | LoadMethod::Dump),
    ) {
        return Err(resolver.error(
            "load.method",
            &format!(
                "is \"{}\", which brings more than {}",
                methods.method.name(),
                part.name
            ),
            "a purpose alone is loaded \"direct\" or by \"dump\"",
        ));
    }
    let check = resolver.check(&raw.check)?;
    let cut_over = resolver.cut_over(raw.cut_over)?;
    let gate = raw.gate.map(|gate| resolver.gate(gate)).transpose()?;
    let waivers = waiver::resolve(raw.waivers, |key, message, hint| {
        resolver.error(key, message, hint)
    })?;
    let mut state_dir = folder.join(
        raw.migration
            .state_dir
            .unwrap_or_else(|| PathBuf::from(".daybreak")),
    );
    if let Some(part) = &part {
        state_dir = state_dir.join("purposes").join(&part.name);
    }
    let trim = raw.trim.unwrap_or_default();
    let trim = trim::resolve(trim, folder, &state_dir, |key, message, hint| {
        resolver.error(key, message, hint)
    })?;
    let slow = raw.slow.map(|raw| {
        slow::resolve(raw, folder, |key, message, hint| {
            resolver.error(key, message, hint)
        })
    });
    Ok(Settings {
        slow: slow.transpose()?,
        state_dir,
        scope: Scope {
            part,
            ..Scope::of(raw.migration.schemas)
        },
        source,
        also: raw.migration.also,
        target,
        link,
        native,
        way_back: raw.replication.way_back.unwrap_or(native),
        load: load_settings,
        method: methods.method,
        dump: methods.dump,
        backup: methods.backup,
        tools: methods.tools,
        brought_at: methods.brought_at,
        cluster: raw.cluster.as_ref().map(cluster::outline),
        check,
        estate_check: raw.check.estate.unwrap_or(true),
        audit: raw.check.audit.unwrap_or(false),
        plan: path.to_owned(),
        cut_over,
        gate,
        waivers,
        trim,
        name,
    })
}

impl Resolver<'_> {
    fn error(&self, key: &str, message: &str, hint: &str) -> PlanError {
        PlanError::Value {
            path: self.path.to_owned(),
            key: key.to_owned(),
            message: message.to_owned(),
            hint: Some(hint.to_owned()),
        }
    }

    /// A name that can be part of account, slot and subscription names.
    fn name(&self, key: &str, name: String) -> Result<String, PlanError> {
        if !is_name(&name) {
            return Err(self.error(key, &format!("is `{name}`, which cannot be used"), NAME_HINT));
        }
        Ok(name)
    }

    /// The tables that move alone, if the plan is for one purpose of several.
    fn part(&self, raw: &RawMigration, folder: &Path) -> Result<Option<Part>, PlanError> {
        let (file, purpose) = match (&raw.purposes, &raw.purpose) {
            (None, None) => return Ok(None),
            (Some(file), Some(purpose)) => (folder.join(file), purpose),
            (Some(_), None) => {
                let hint = "write which of that file's purposes this plan moves: `purpose = \"NAME\"`";
                return Err(self.error(
                    "migration.purposes",
                    "is set, and `migration.purpose` is not",
                    hint,
                ));
            }
            (None, Some(_)) => {
                let hint = "write which file lists its tables: `purposes = \"FILE\"`; `daybreak split --write FILE` makes one";
                return Err(self.error(
                    "migration.purpose",
                    "is set, and `migration.purposes` is not",
                    hint,
                ));
            }
        };
        purposes::part(&file, purpose, &raw.schemas)
            .map(Some)
            .map_err(|(key, message, hint)| self.error(key, &message, &hint))
    }

    fn seconds(&self, key: &str, given: Option<f64>, default: f64) -> Result<Duration, PlanError> {
        let seconds = given.unwrap_or(default);
        Duration::try_from_secs_f64(seconds)
            .ok()
            .filter(|duration| *duration > Duration::ZERO && seconds <= 86_400.0)
            .ok_or_else(|| {
                self.error(
                    key,
                    &format!("is {seconds}"),
                    "give seconds above 0 and up to 86400",
                )
            })
    }

    fn secret(&self, key: &str, raw: &RawSecret) -> Result<Secret, PlanError> {
        match (&raw.env, &raw.file) {
            (Some(name), None) => (self.environment)(name).map(Secret::new).ok_or_else(|| {
                self.error(
                    key,
                    &format!("names the environment variable {name}, which is not set"),
                    &format!("set {name}, or name a file: `{{ file = \"…\" }}`"),
                )
            }),
            (None, Some(file)) => {
                let file = self.path.parent().unwrap_or(Path::new(".")).join(file);
                let text = std::fs::read_to_string(&file).map_err(|error| {
                    let message = format!("names the file {}, which cannot be read: {error}", file.display());
                    self.error(
                        key,
                        &message,
                        "write the password alone into that file, readable by you only",
                    )
                })?;
                Ok(Secret::new(text.trim_end_matches(['\n', '\r'])))
            }
            _ => Err(self.error(
                key,
                "must name one place",
                "write `{ env = \"NAME\" }` or `{ file = \"PATH\" }`",
            )),
        }
    }

    fn side(&self, key: &str, raw: RawSide) -> Result<Side, PlanError> {
        let mut endpoint = Endpoint::parse(key, &raw.url).map_err(|error| {
            self.error(
                &format!("{key}.url"),
                &format!("cannot be used: {error}"),
                &error.hint(),
            )
        })?;
        if !endpoint.password.expose().is_empty() {
            let hint = "take it out of the URL, and name its place in `password`";
            return Err(self.error(&format!("{key}.url"), "holds a password", hint));
        }
        endpoint.password = self.secret(&format!("{key}.password"), &raw.password)?;
        endpoint.reachable_as = raw
            .reachable_as
            .map(|address| {
                let parts = address
                    .rsplit_once(':')
                    .and_then(|(host, port)| Some((host, port.parse().ok()?)));
                parts.map(|(host, port)| (host.to_owned(), port)).ok_or_else(|| {
                    self.error(
                        &format!("{key}.reachable_as"),
                        &format!("is `{address}`"),
                        "write it as host:port",
                    )
                })
            })
            .transpose()?;
        Ok(Side { endpoint })
    }

    fn load(&self, raw: &RawLoad, link_name: &str) -> Result<LoadSettings, PlanError> {
        let defaults = LoadSettings::new(link_name);
        Ok(LoadSettings {
            workers: raw.workers.unwrap_or(defaults.workers).clamp(1, 64),
            range_rows: raw.range_rows.unwrap_or(defaults.range_rows).max(1),
            range_bytes: raw
                .range_megabytes
                .map_or(defaults.range_bytes, |megabytes| megabytes.max(1) << 20),
            snapshot_patience: self.seconds(
                "load.snapshot_patience_seconds",
                raw.snapshot_patience_seconds,
                defaults.snapshot_patience.as_secs_f64(),
            )?,
            retries: raw.retries.unwrap_or(defaults.retries),
            throttle: ThrottleLimits {
                running_sessions: raw
                    .max_running_sessions
                    .unwrap_or(defaults.throttle.running_sessions),
                ..defaults.throttle
            },
            link_name: defaults.link_name,
        })
    }

    fn check(&self, raw: &RawCheck) -> Result<CheckSettings, PlanError> {
        let defaults = CheckSettings::default();
        if let Some(share) = raw.share_percent.filter(|share| !(1..=100).contains(share)) {
            let hint = "write how many percent of the time the check may work, from 1 to 100";
            return Err(self.error("check.share_percent", &format!("is {share}"), hint));
        }
        Ok(CheckSettings {
            range_rows: raw.range_rows.unwrap_or(defaults.range_rows).max(1),
            range_bytes: raw
                .range_megabytes
                .map_or(defaults.range_bytes, |megabytes| megabytes.max(1) << 20),
            chunk_time: self.seconds(
                "check.chunk_seconds",
                raw.chunk_seconds,
                defaults.chunk_time.as_secs_f64(),
            )?,
            share: raw.share_percent,
            hashing: Hashing {
                strong: raw.strong.unwrap_or_default(),
                json_by_meaning: raw.json_by_meaning.unwrap_or_default(),
            },
            looks: raw.looks.unwrap_or(defaults.looks).max(1),
            patience: self.seconds(
                "check.patience_seconds",
                raw.patience_seconds,
                defaults.patience.as_secs_f64(),
            )?,
            rows_named: raw.rows_named.unwrap_or(defaults.rows_named),
            throttle: ThrottleLimits {
                running_sessions: raw
                    .max_running_sessions
                    .unwrap_or(defaults.throttle.running_sessions),
                ..defaults.throttle
            },
            lag_seconds: raw.max_lag_seconds.unwrap_or(defaults.lag_seconds),
            reopen: defaults.reopen,
        })
    }

    fn cut_over(&self, raw: RawCutOver) -> Result<CutOverSettings, PlanError> {
        Ok(CutOverSettings {
            limits: ReadinessLimits {
                lag_seconds: raw.max_lag_seconds.unwrap_or(5.0),
                transaction_seconds: raw.max_transaction_seconds.unwrap_or(2.0),
                clock_skew_ms: raw.max_clock_skew_ms.unwrap_or(1000),
            },
            catch_up: self.seconds("cut_over.catch_up_seconds", raw.catch_up_seconds, 5.0)?,
            ignore_accounts: {
                // Amazon's own sessions are on every server that it runs.
                let amazon = ["rdsadmin", "rdsrepladmin", "rdsproxyadmin"].map(str::to_owned);
                raw.ignore_accounts
                    .unwrap_or_default()
                    .into_iter()
                    .chain(amazon)
                    .collect()
            },
        })
    }

    fn gate(&self, raw: RawGate) -> Result<GateSettings, PlanError> {
        let deadline = self.seconds("gate.deadline_seconds", raw.deadline_seconds, 8.0)?;
        let drain = self.seconds("gate.drain_seconds", raw.drain_seconds, 1.0)?;
        if drain >= deadline {
            let hint = "give transactions in flight less time than anybody may be held";
            return Err(self.error("gate.drain_seconds", "is not below `gate.deadline_seconds`", hint));
        }
        if !is_address(&raw.listen) {
            let hint = "write it as host:port, such as 0.0.0.0:3306";
            return Err(self.error("gate.listen", &format!("is `{}`", raw.listen), hint));
        }
        Ok(GateSettings {
            listen: raw.listen,
            deadline,
            drain,
            close_stragglers: matches!(
                raw.stragglers.unwrap_or(RawStragglers::Close),
                RawStragglers::Close
            ),
        })
    }
}
