//! The newest assessment of a plan, beside its journal: what `provision` asks before it makes a cluster of a version.

use std::io;
use std::path::{Path, PathBuf};

use daybreak_engine::Role;
use daybreak_model::{Finding, Flavor, Severity, Told};
use serde::{Deserialize, Serialize};

use super::Assessment;
use crate::private;

/// What of an assessment is kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct KeptAssessment {
    /// When.
    pub(crate) at: String,
    /// The servers that were looked at.
    pub(crate) servers: Vec<KeptServer>,
    /// What blocks, waived or not: waivers have their day.
    pub(crate) blocking: Vec<Finding>,
}

/// A server that was looked at.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct KeptServer {
    /// Label and address.
    pub(crate) server: String,
    /// What it is among its neighbours.
    pub(crate) role: Role,
    /// What it runs.
    pub(crate) flavor: Flavor,
    /// The line of Aurora that it was looked at for.
    pub(crate) target: String,
}

fn file(state_dir: &Path) -> PathBuf {
    state_dir.join("assessment.json")
}

impl KeptAssessment {
    fn of(assessment: &Assessment, at: jiff::Timestamp) -> Self {
        let servers = assessment.servers.iter().map(|server| KeptServer {
            server: server.verdict.server.clone(),
            role: server.role,
            flavor: server.verdict.flavor.clone(),
            target: server.target.name.to_owned(),
        });
        let blocks = |finding: &Finding| finding.severity == Severity::Blocks && finding.told == Told::Found;
        Self {
            at: at.to_string(),
            servers: servers.collect(),
            blocking: assessment.findings().into_iter().filter(blocks).collect(),
        }
    }

    /// Keeps an assessment, in the place of an earlier one.
    pub(crate) fn keep(assessment: &Assessment, state_dir: &Path, at: jiff::Timestamp) -> io::Result<()> {
        let text = serde_json::to_string(&Self::of(assessment, at)).map_err(io::Error::other)?;
        std::fs::create_dir_all(state_dir)?;
        // Whoever reads meanwhile reads the earlier one whole.
        let next = state_dir.join("assessment.json.next");
        private::write(&next, text)?;
        std::fs::rename(&next, file(state_dir))
    }

    /// The newest; none where there was none yet.
    pub(crate) fn read(state_dir: &Path) -> io::Result<Option<Self>> {
        match std::fs::read_to_string(file(state_dir)) {
            Ok(text) => serde_json::from_str(&text).map(Some).map_err(io::Error::other),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }
}
