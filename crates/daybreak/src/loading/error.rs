use daybreak_cloud::CloudError;
use daybreak_engine::EngineError;
use daybreak_model::Refusal;
use daybreak_work::{BackupError, DumpError, LoadError, ToolError};
use serde::Serialize;

/// Why the load did not happen.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LoadingError {
    #[error(transparent)]
    Load(#[from] LoadError),
    #[error(transparent)]
    Dump(#[from] DumpError),
    #[error(transparent)]
    Engine(#[from] EngineError),
    #[error(transparent)]
    Cloud(#[from] CloudError),
    #[error("failed to make the directory {place}")]
    Directory {
        place: String,
        #[source]
        source: std::io::Error,
    },
    #[error("failed to write down in {file} that a load began")]
    Mark {
        file: String,
        #[source]
        source: std::io::Error,
    },
    #[error("no place is named for a {0}")]
    NoPlace(&'static str),
    #[error("{} cannot start: {}", .0.object, .0.reason)]
    NotFollowed(Refusal),
    #[error("the plan names no position that was brought")]
    NoPosition,
    #[error("{0} has executed no transaction of the source's, by its GTIDs")]
    TargetSilent(String),
    #[error(transparent)]
    Tool(#[from] ToolError),
    #[error(transparent)]
    Backup(#[from] BackupError),
    #[error("Aurora does not restore a backup of {server}: {}", shortened(rules))]
    NotRestored { server: String, rules: Vec<BackupRule> },
    #[error("{place} holds no whole backup")]
    NoBackup { place: String },
    #[error("{place} holds a backup of {of}, by which replication from {wanted} cannot start")]
    OtherBackup {
        place: String,
        of: String,
        wanted: String,
    },
    #[error("the load was interrupted")]
    Interrupted,
    #[error("failed to write into the journal that a load began")]
    Unnoted(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl LoadingError {
    pub(crate) fn hint(&self) -> Option<String> {
        match self {
            Self::Load(error) => error.hint(),
            Self::Dump(error) => error.hint(),
            Self::Engine(error) => error.hint().map(str::to_owned),
            Self::Cloud(error) => error.hint(),
            Self::Directory { .. } => Some("name a directory that can be made and written to".to_owned()),
            Self::Mark { .. } | Self::Unnoted(_) => {
                Some("make the state folder writable; nothing was changed".to_owned())
            }
            Self::Interrupted => Some("run the same command again: it goes on where it was".to_owned()),
            Self::NoPlace(kind) => Some(format!("name it by `--to`, or in the plan: `load.{kind}.to`")),
            Self::NotFollowed(refusal) => Some(refusal.hint.clone()),
            Self::TargetSilent(_) => {
                Some("name the position that the backup or tool told: `load.position`".to_owned())
            }
            Self::NoPosition => Some("name it: `load.position`".to_owned()),
            Self::Backup(error) => error.hint(),
            Self::Tool(error) => error.hint(),
            Self::NotRestored { rules, .. } => {
                let mut hints: Vec<&str> = rules.iter().map(|rule| rule.hint.as_str()).collect();
                hints.dedup();
                hints.truncate(RULES_NAMED);
                Some(hints.join(" · "))
            }
            Self::NoBackup { .. } => Some(
                "make it (`daybreak load --method xtrabackup --only dump --execute`), have Aurora restore it (`daybreak provision apply \
                 --from-backup`), and run the same command again"
                    .to_owned(),
            ),
            Self::OtherBackup { .. } => Some(
                "back the source itself up, or its replica with `--slave-info` (`load.backup.arguments`)".to_owned(),
            ),
        }
    }

    /// Whether it was refused before any snapshot was taken.
    pub(crate) fn is_early(&self) -> bool {
        let refused =
            |error: &LoadError| matches!(error, LoadError::TargetNotEmpty(_) | LoadError::Refused(_));
        match self {
            Self::Load(error) | Self::Dump(DumpError::Load(error)) | Self::Tool(ToolError::Load(error)) => {
                refused(error)
            }
            Self::Tool(error) => matches!(error, ToolError::NoProgram { .. }),
            Self::Dump(error) => matches!(
                error,
                DumpError::NotEmpty { .. }
                    | DumpError::Another { .. }
                    | DumpError::NotWhole { .. }
                    | DumpError::TooLarge(_)
            ),
            Self::Cloud(_)
            | Self::Directory { .. }
            | Self::Mark { .. }
            | Self::NoPlace(_)
            | Self::NotFollowed(_)
            | Self::NoPosition
            | Self::TargetSilent(_)
            | Self::Backup(_)
            | Self::NotRestored { .. }
            | Self::NoBackup { .. }
            | Self::OtherBackup { .. } => true,
            Self::Engine(_) | Self::Unnoted(_) | Self::Interrupted => false,
        }
    }

    /// Whether the same load may succeed when begun again.
    pub(crate) fn is_transient(&self) -> bool {
        match self {
            Self::Load(error) | Self::Dump(DumpError::Load(error)) => error.is_transient(),
            Self::Engine(error) | Self::Dump(DumpError::Engine(error)) => error.is_transient(),
            _ => false,
        }
    }
}

/// How many rules are named in an error.
const RULES_NAMED: usize = 5;

/// What Aurora demands of a backup and this one would not meet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct BackupRule {
    /// The rule's or the check's id.
    pub(crate) rule: String,
    /// What was seen.
    pub(crate) what: String,
    /// What to do.
    pub(crate) hint: String,
}

fn shortened(rules: &[BackupRule]) -> String {
    let named: Vec<&str> = rules
        .iter()
        .take(RULES_NAMED)
        .map(|rule| rule.what.as_str())
        .collect();
    match rules.len().saturating_sub(RULES_NAMED) {
        0 => named.join("; "),
        more => format!("{}; and {more} more", named.join("; ")),
    }
}
