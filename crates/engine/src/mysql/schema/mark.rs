use super::super::connection::Server;
use crate::{EngineError, SchemaMark};

/// The server counts each kind of statement by itself, of all sessions and of its own replication threads (manual, "Server
/// Status Variables", `Com_xxx`).
const COUNTERS: &str = "SHOW GLOBAL STATUS WHERE Variable_name = 'Uptime' \
                        OR Variable_name REGEXP '^Com_(alter|create|drop|rename)_'";

impl Server {
    pub(crate) async fn schema_mark(&self) -> Result<SchemaMark, EngineError> {
        let counted: Vec<(String, String)> = self.rows("failed to count schema statements", COUNTERS).await?;
        let mut mark = SchemaMark { mark: 0, uptime: 0 };
        for (name, value) in counted {
            let value: u64 = value.parse().unwrap_or(0);
            if name.eq_ignore_ascii_case("uptime") {
                mark.uptime = value;
            } else {
                mark.mark += value;
            }
        }
        Ok(mark)
    }
}
