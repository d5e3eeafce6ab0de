use std::path::PathBuf;

use daybreak_engine::EngineError;

use crate::LoadError;

/// Why a load by the servers' own programs did not happen or did not finish.
#[derive(Debug, thiserror::Error)]
pub enum ToolError {
    /// A server said no.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// What every load is refused for, too; or what arrived is not what the source has.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// A program cannot be run.
    #[error("failed to run {}", program.display())]
    NoProgram {
        /// Which.
        program: PathBuf,
        /// The system's error.
        #[source]
        source: std::io::Error,
    },
    /// A program failed.
    #[error("{program} ended with {status}: {said}")]
    Failed {
        /// Which.
        program: String,
        /// How it ended.
        status: String,
        /// Its last words.
        said: String,
    },
    /// What one reads could not be given to the other.
    #[error("failed to pass on what {program} reads")]
    Broken {
        /// Which.
        program: String,
        /// The system's error.
        #[source]
        source: std::io::Error,
    },
    /// The dump does not say where it stands.
    #[error("{program} does not say where its dump stands")]
    NoPosition {
        /// Which.
        program: String,
    },
    /// The folder for what they log in with.
    #[error("failed to make the folder {}", folder.display())]
    Scratch {
        /// Which.
        folder: PathBuf,
        /// The system's error.
        #[source]
        source: std::io::Error,
    },
}

impl ToolError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Engine(error) => return error.hint().map(str::to_owned),
            Self::Load(error) => return error.hint(),
            Self::NoProgram { .. } => {
                "install the servers' own client programs, of the source's version or newer, or name them: `load.tools.dump`, \
                 `load.tools.load`"
            }
            // A dump grants to roles and makes none.
            Self::Failed { said, .. } if said.contains("role ") && said.contains("does not exist") => {
                "make the source's roles on the target first, as `daybreak accounts carry --execute` does, and run the same command \
                 again: it begins anew"
            }
            Self::Failed { .. } | Self::Broken { .. } => {
                "see what it says, then run the same command again: it begins anew, in the place of what is there"
            }
            Self::NoPosition { .. } => {
                "take a newer mysqldump (8.0.17 or later says GTIDs), or let Daybreak load: `load.method = \"direct\"`"
            }
            Self::Scratch { .. } => "make the state folder writable",
        };
        Some(hint.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::ToolError;

    #[test]
    fn a_role_that_is_missing_is_to_be_made_first() {
        let hint = |said: &str| {
            let error = ToolError::Failed {
                program: "psql".to_owned(),
                status: "exit status: 3".to_owned(),
                said: said.to_owned(),
            };
            error.hint().expect("a hint")
        };
        assert!(hint("ERROR:  role \"app\" does not exist").contains("accounts carry"));
        assert!(!hint("ERROR:  relation \"app\" does not exist").contains("accounts carry"));
    }
}
