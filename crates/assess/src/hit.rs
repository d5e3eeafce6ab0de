use daybreak_model::{Finding, Severity, Told};

use crate::About;

/// One object that a check found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Hit {
    /// The object, as the server names it.
    pub(crate) object: String,
    /// What was seen.
    pub(crate) evidence: String,
    /// The statement that mends it.
    pub(crate) statement: Option<String>,
    /// Where it matters more or less than the check's usual.
    pub(crate) severity: Option<Severity>,
}

impl Hit {
    pub(crate) fn new(object: impl Into<String>, evidence: impl Into<String>) -> Self {
        Self {
            object: object.into(),
            evidence: evidence.into(),
            statement: None,
            severity: None,
        }
    }

    pub(crate) fn mended_by(mut self, statement: impl Into<String>) -> Self {
        self.statement = Some(statement.into());
        self
    }

    pub(crate) fn weighing(mut self, severity: Severity) -> Self {
        self.severity = Some(severity);
        self
    }

    pub(crate) fn into_finding(self, about: &About, server: &str) -> Finding {
        Finding {
            id: about.id.to_owned(),
            rows: about.rows.iter().map(|&row| row.to_owned()).collect(),
            severity: self.severity.unwrap_or(about.severity),
            server: server.to_owned(),
            object: self.object,
            evidence: self.evidence,
            remedy: about.remedy.to_owned(),
            statement: self.statement,
            told: Told::Found,
        }
    }
}

/// Why a check could not look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unknown {
    /// What stood in the way.
    pub why: String,
    /// The statement that grants what is missing, where a privilege is.
    pub grant: Option<String>,
}

impl Unknown {
    pub(crate) fn into_finding(self, about: &About, server: &str) -> Finding {
        let remedy = match self.grant {
            Some(_) => "grant what is missing and look again",
            None => "mend what stood in the way and look again",
        };
        Finding {
            object: server.to_owned(),
            evidence: format!("could not tell: {}", self.why),
            remedy: remedy.to_owned(),
            statement: self.grant,
            told: Told::CouldNotTell,
            ..Hit::new("", "").into_finding(about, server)
        }
    }
}

/// What a check's look comes to.
pub(crate) type Looked = Result<Vec<Hit>, Unknown>;
