//! Client sessions, and ending them.

use mysql_async::prelude::Queryable;

use super::classify;
use super::connection::{PROGRAM, Server};
use super::fence::PROBE_ACCOUNTS;
use crate::{EngineError, Session};

/// Server error: there is no such thread.
const NO_SUCH_THREAD: u16 = 1094;

impl Server {
    /// Client sessions, without replication and internal threads.
    pub(crate) async fn sessions(&self) -> Result<Vec<Session>, EngineError> {
        type Fields = (u64, String, String, Option<String>, u8, f64, u8, Option<f64>, u8);
        let sql = include_str!("sql/sessions.sql");
        let rows: Vec<Fields> = self.rows("failed to list the server's sessions", sql).await?;
        Ok(rows
            .into_iter()
            .map(
                |(id, user, client, program, in_transaction, seconds, written, quiet, waits)| Session {
                    id,
                    client_port: client.rsplit_once(':').and_then(|(_, port)| port.parse().ok()),
                    ours: PROBE_ACCOUNTS.contains(&user.as_str())
                        || match program {
                            Some(program) => program == PROGRAM,
                            // Without performance_schema the account is all that tells.
                            None => user == self.endpoint.user,
                        },
                    user,
                    client,
                    in_transaction: in_transaction == 1,
                    waits_for_table: waits == 1,
                    transaction_seconds: seconds.max(0.0),
                    quiet_seconds: quiet,
                    may_have_written: written == 1,
                },
            )
            .collect())
    }

    /// Ends sessions; one that is gone already is no error.
    pub(crate) async fn kill(&self, sessions: &[u64]) -> Result<(), EngineError> {
        let managed = self.flavor().await?.is_managed();
        let mut conn = self.borrow().await?;
        for id in sessions {
            let sql = if managed {
                format!("CALL mysql.rds_kill({id})")
            } else {
                format!("KILL {id}")
            };
            match conn.query_drop(sql).await {
                Ok(()) => {}
                Err(error) if classify::code(&error) == Some(NO_SUCH_THREAD) => {}
                Err(error) => return Err(self.failed(format!("failed to end session {id}"), error)),
            }
        }
        self.keep(conn);
        Ok(())
    }
}
