use std::process::ExitCode;

/// What the program's exit status says. Public: scripts depend on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// 0: done, and everything is as it should be.
    Done = 0,
    /// 1: something failed; standard error says what and what to do.
    Failed = 1,
    /// 2: the command line or the plan file cannot be used. Nothing was touched.
    Usage = 2,
    /// 3: differences were found, or findings that block. The comparison or assessment itself went well.
    Different = 3,
    /// 4: not now: a person must approve first, or the run is paused.
    Waiting = 4,
    /// 5: stuck: an undo failed; a person must look before anything else is done.
    Stuck = 5,
    /// 6: could not tell: no difference was seen, and not everything could be looked at. Never the same as 0.
    CouldNotTell = 6,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// An error on its way out of the program: what, what to do, and what the exit status says.
#[derive(Debug)]
pub(crate) struct Trouble {
    pub(crate) error: anyhow::Error,
    pub(crate) hint: Option<String>,
    pub(crate) exit: Exit,
}

impl Trouble {
    /// Trouble with a hint.
    pub(crate) fn new(error: impl Into<anyhow::Error>, hint: Option<impl Into<String>>) -> Self {
        Self {
            error: error.into(),
            hint: hint.map(Into::into),
            exit: Exit::Failed,
        }
    }

    /// The command line or plan file cannot be used.
    pub(crate) fn usage(error: impl Into<anyhow::Error>, hint: Option<String>) -> Self {
        Self {
            error: error.into(),
            hint,
            exit: Exit::Usage,
        }
    }
}

impl<E: Into<anyhow::Error>> From<E> for Trouble {
    fn from(error: E) -> Self {
        Self {
            error: error.into(),
            hint: None,
            exit: Exit::Failed,
        }
    }
}
