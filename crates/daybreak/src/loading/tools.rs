//! A load by the servers' own programs (D2).

use std::path::PathBuf;
use std::sync::Arc;

use daybreak_model::{Family, Flavor, Product};
use daybreak_work::{LoadReport, Observe, ToolSettings, load_by_tools, tool_commands};

use super::{Loading, LoadingError};

impl Loading<'_> {
    /// The programs, as the plan has them, and how they are used.
    pub(crate) fn tools(&self, source: &Flavor) -> ToolSettings {
        let settings = self.settings;
        let plan = &settings.tools;
        let (dump, load) = match (source.family(), source.product) {
            (Family::Postgres, _) => ("pg_dump", "psql"),
            // What is loaded is MySQL.
            (Family::Mysql, Product::MariaDb) => ("mariadb-dump", "mysql"),
            (Family::Mysql, _) => ("mysqldump", "mysql"),
        };
        let or_usual =
            |named: &Option<PathBuf>, usual: &str| named.clone().unwrap_or_else(|| PathBuf::from(usual));
        ToolSettings {
            dump: or_usual(&plan.dump, dump),
            load: or_usual(&plan.load, load),
            arguments: plan.arguments.clone(),
            link_name: settings.load.link_name.clone(),
            snapshot_patience: settings.load.snapshot_patience,
            by_gtid: settings.link.gtid,
            scratch: settings.state_dir.join("tools-login"),
        }
    }

    /// What they would be called with.
    pub(crate) async fn tool_commands(&self) -> Result<String, LoadingError> {
        let flavor = self.source.flavor().await?;
        let commands = tool_commands(flavor.family(), &self.settings.scope, &self.tools(&flavor)).await;
        Ok(commands?)
    }

    pub(super) async fn by_tools(&self, observer: &Arc<dyn Observe>) -> Result<LoadReport, LoadingError> {
        let tools = self.tools(&self.source.flavor().await?);
        let scope = &self.settings.scope;
        Ok(load_by_tools(self.source, self.target, scope, &tools, observer).await?)
    }
}
