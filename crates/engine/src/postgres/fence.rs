//! Who may write.
//!
//! The fence has three parts, the first two in one transaction: the rights to write are revoked from every role but ours,
//! owners included; the database's new transactions are read-only by default, also after a restart; sessions that began
//! before are ended. Replication goes on: its worker applies as our own account.

use std::sync::{MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use daybreak_model::{FenceProof, Scope, WriteState};
use tokio::time::{Instant, sleep};

use super::classify::trouble;
use super::connection::{APPLICATION_NAME, Connection};
use super::database::Postgres;
use super::{part_fence, quote};
use crate::{EngineError, ErrorKind, Open};

/// How often a fence is tried when another session changes grants at the same moment.
const ATTEMPTS: usize = 5;

/// How long ended sessions may take to be gone.
const ENDING: Duration = Duration::from_secs(10);

/// The role that proves the fence where no application's role can be assumed.
const PROBE_ROLE: &str = "daybreak_probe";

/// Client sessions of this database that are not ours. Only a superuser may end a superuser's; on Amazon's servers those
/// are Amazon's own.
pub(super) fn foreign_sessions() -> String {
    format!(
        "datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()
         AND NOT (application_name = {} AND usename = current_user)
         AND (current_setting('is_superuser') = 'on'
              OR usesysid NOT IN (SELECT oid FROM pg_roles WHERE rolsuper))",
        quote::literal(APPLICATION_NAME)
    )
}

fn fence_sql(scope: &Scope) -> String {
    let schemas = quote::text_array(scope.schemas.iter().map(String::as_str));
    include_str!("sql/fence.sql").replace("{schemas}", &schemas)
}

#[async_trait]
impl Open for Postgres {
    async fn write_state(&self) -> Result<WriteState, EngineError> {
        let connection = self.server.lease().await?;
        let mut state = write_state(&connection).await?;
        if let (Some(part), WriteState::Writable) = (&self.part, &state) {
            state = part_fence::state(&connection, part).await?;
        }
        connection.give_back();
        Ok(state)
    }

    fn fence_statements(&self) -> Vec<String> {
        if let Some(part) = &self.part {
            return part_fence::shown(part, true);
        }
        vec![
            "REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON ALL TABLES IN SCHEMA … FROM every role but ours (saved in daybreak.fence_acl)".to_owned(),
            "REVOKE USAGE, UPDATE ON ALL SEQUENCES IN SCHEMA … FROM every role but ours".to_owned(),
            "ALTER DATABASE … SET default_transaction_read_only = on".to_owned(),
            format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {}", foreign_sessions()),
        ]
    }

    fn open_statements(&self) -> Vec<String> {
        if let Some(part) = &self.part {
            return part_fence::shown(part, false);
        }
        vec![
            "GRANT … ON … TO … (each right saved in daybreak.fence_acl, by the role that had granted it)"
                .to_owned(),
            "ALTER DATABASE … RESET default_transaction_read_only".to_owned(),
            format!(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {} (sessions that began while fenced)",
                foreign_sessions()
            ),
        ]
    }

    fn statements_to_open_by_hand(&self) -> Vec<String> {
        if self.part.is_some() {
            return self.open_statements();
        }
        vec![
            "SET default_transaction_read_only = off".to_owned(),
            include_str!("sql/open.sql").trim_end().to_owned(),
            format!(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {}",
                foreign_sessions()
            ),
        ]
    }

    fn prepare_fence_statements(&self) -> Vec<String> {
        match &self.part {
            Some(part) => part_fence::shown_to_prepare(part),
            None => vec![
                quote::uncommented(include_str!("sql/fence_tables.sql")),
                format!(
                    "CREATE ROLE {PROBE_ROLE} NOLOGIN; GRANT INSERT, DELETE ON daybreak.fence_probe TO {PROBE_ROLE}"
                ),
            ],
        }
    }

    async fn prepare_fence(&self, _scope: &Scope) -> Result<(), EngineError> {
        let connection = self.server.lease().await?;
        match &self.part {
            Some(part) => part_fence::prepare(&connection, part).await?,
            None => prepare(&connection).await?,
        }
        connection.give_back();
        self.server.warm(3).await
    }

    /// Nothing to do: the fence is in the catalogs.
    async fn stay_fenced_after_restart(&self) -> Result<(), EngineError> {
        Ok(())
    }

    async fn fence(&self, scope: &Scope) -> Result<(), EngineError> {
        let connection = self.server.lease().await?;
        *self.fencing() = Some(connection.pid());
        let outcome = match &self.part {
            Some(part) => part_fence::fence(&connection, part).await,
            None => fence(&connection, scope).await,
        };
        if outcome
            .as_ref()
            .map_or_else(|error| error.code.is_some(), |()| true)
        {
            *self.fencing() = None;
        }
        outcome?;
        connection.give_back();
        Ok(())
    }

    async fn prove_fence(&self) -> Result<FenceProof, EngineError> {
        let connection = self.server.lease().await?;
        let proof = match &self.part {
            Some(part) => part_fence::prove(&connection, part).await?,
            None => prove(&connection).await?,
        };
        connection.give_back();
        Ok(proof)
    }

    async fn open(&self, _scope: &Scope) -> Result<(), EngineError> {
        let connection = self.server.lease().await?;
        self.forget_fencing(&connection).await?;
        if let Some(part) = &self.part {
            part_fence::open(&connection, part).await?;
            connection.give_back();
            return Ok(());
        }
        let what = "failed to open for writes";
        prepare_unless_there(&connection).await?;
        let since = connection
            .value("SELECT fenced_at::text FROM daybreak.fence", what)
            .await?;
        let mut attempt = 1;
        loop {
            match connection.execute(include_str!("sql/open.sql"), what).await {
                Ok(()) => break,
                Err(error) if attempt < ATTEMPTS && error.code.as_deref() == Some("XX000") => attempt += 1,
                Err(error) => return Err(error),
            }
        }
        // A session that began behind the fence keeps `default_transaction_read_only` until it ends.
        if let Some(since) = since {
            let end = format!(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_start >= {} AND {}",
                quote::literal(&since),
                foreign_sessions()
            );
            connection
                .execute(&end, "failed to end sessions that began while fenced")
                .await?;
        }
        connection.give_back();
        Ok(())
    }

    async fn disarm_fence(&self) -> Result<(), EngineError> {
        if let Some(part) = &self.part {
            let connection = self.server.lease().await?;
            part_fence::disarm(&connection, part).await?;
            connection.give_back();
        }
        Ok(())
    }

    async fn kill(&self, sessions: &[u64]) -> Result<(), EngineError> {
        let connection = self.server.lease().await?;
        let pids: Vec<_> = sessions.iter().map(u64::to_string).collect();
        let end = format!(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
             WHERE backend_type = 'client backend' AND pid::text = ANY ({})",
            quote::text_array(pids.iter().map(String::as_str))
        );
        connection.execute(&end, "failed to end sessions").await?;
        connection.give_back();
        Ok(())
    }
}

impl Postgres {
    fn fencing(&self) -> MutexGuard<'_, Option<i32>> {
        self.server.fencing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes sure that no fence that was asked for earlier, and never answered, arrives after this.
    async fn forget_fencing(&self, connection: &Connection) -> Result<(), EngineError> {
        let Some(pid) = *self.fencing() else {
            return Ok(());
        };
        let what = format!("failed to end our own session {pid}, which may still fence it");
        let end = format!(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = {pid} AND usename = current_user AND application_name = {}",
            quote::literal(APPLICATION_NAME)
        );
        let deadline = Instant::now() + ENDING;
        while !connection.simple(&end, what.as_str()).await?.is_empty() {
            if Instant::now() > deadline {
                return Err(trouble(connection.server(), what, ErrorKind::Lock, None));
            }
            sleep(Duration::from_millis(2)).await;
        }
        *self.fencing() = None;
        Ok(())
    }
}

/// Revokes and ends, see the module.
async fn fence(connection: &Connection, scope: &Scope) -> Result<(), EngineError> {
    let what = "failed to fence";
    let sql = fence_sql(scope);
    let mut attempt = 1;
    loop {
        match connection.execute(&sql, what).await {
            Ok(()) => break,
            // Another session changed the same grants: "tuple concurrently updated" has no code of its own.
            Err(error) if attempt < ATTEMPTS && error.code.as_deref() == Some("XX000") => attempt += 1,
            Err(error)
                if error.code.as_deref() == Some("42P01") || error.code.as_deref() == Some("3F000") =>
            {
                prepare(connection).await?;
            }
            Err(error) => return Err(error),
        }
    }
    end_sessions(connection).await
}

/// The tables that keep what a fence takes, and the role that proves it.
async fn prepare(connection: &Connection) -> Result<(), EngineError> {
    let what = "failed to prepare the fence";
    connection
        .execute(include_str!("sql/fence_tables.sql"), what)
        .await?;
    let role = format!(
        "DO $probe$ BEGIN
           IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{PROBE_ROLE}') THEN CREATE ROLE {PROBE_ROLE} NOLOGIN; END IF;
           IF NOT EXISTS (SELECT FROM daybreak.fence) THEN GRANT INSERT, DELETE ON daybreak.fence_probe TO {PROBE_ROLE}; END IF;
           GRANT USAGE ON SCHEMA daybreak TO {PROBE_ROLE};
           IF NOT pg_has_role(current_user, '{PROBE_ROLE}', 'MEMBER') THEN GRANT {PROBE_ROLE} TO CURRENT_USER; END IF;
         END $probe$"
    );
    connection.execute(&role, what).await
}

async fn prepare_unless_there(connection: &Connection) -> Result<(), EngineError> {
    if has_fence_tables(connection).await? {
        Ok(())
    } else {
        prepare(connection).await
    }
}

async fn has_fence_tables(connection: &Connection) -> Result<bool, EngineError> {
    let ask = "SELECT to_regclass('daybreak.fence') IS NOT NULL AND to_regclass('daybreak.fence_probe') IS NOT NULL";
    let there = connection
        .value(ask, "failed to look for an earlier fence")
        .await?;
    Ok(there.as_deref() == Some("t"))
}

/// Ends every client session but ours and waits until they are gone: one that was committing has committed by then.
async fn end_sessions(connection: &Connection) -> Result<(), EngineError> {
    let what = "failed to end client sessions";
    let now = connection.value("SELECT clock_timestamp()::text", what).await?;
    let end = format!(
        "SELECT pg_terminate_backend(pid)::text, pid, usename FROM pg_stat_activity
         WHERE backend_start <= {} AND {}",
        quote::literal(now.as_deref().unwrap_or("now")),
        foreign_sessions()
    );
    let deadline = Instant::now() + ENDING;
    loop {
        let left = connection.simple(&end, what).await?;
        let Some(one) = left.first() else {
            return Ok(());
        };
        if Instant::now() > deadline {
            let (pid, user) = (one.get(1).unwrap_or_default(), one.get(2).unwrap_or_default());
            let what = format!("failed to end the session {pid} of `{user}`");
            return Err(trouble(connection.server(), what, ErrorKind::Lock, None));
        }
        sleep(Duration::from_millis(1)).await;
    }
}

async fn write_state(connection: &Connection) -> Result<WriteState, EngineError> {
    let what = "failed to ask who may write";
    if !has_fence_tables(connection).await? {
        let ask = "SELECT pg_is_in_recovery()";
        let standby = connection.value(ask, what).await?.as_deref() == Some("t");
        return Ok(if standby {
            WriteState::Fenced
        } else {
            WriteState::Writable
        });
    }
    let rows = connection
        .simple(include_str!("sql/write_state.sql"), what)
        .await?;
    let row = rows.first();
    let flag = |column| row.and_then(|row| row.get(column)) == Some("true");
    let held = row.and_then(|row| row.get(3));
    let (standby, read_only, fenced) = (flag(0), flag(1), flag(2));
    Ok(match (fenced, read_only, held) {
        _ if standby => WriteState::Fenced,
        (true, true, None) => WriteState::Fenced,
        (true, true, Some(held)) => WriteState::Partly(format!("fenced, but these may write: {held}")),
        (true, false, _) => {
            WriteState::Partly("rights are revoked, but default_transaction_read_only is off".to_owned())
        }
        (false, true, _) => {
            WriteState::Partly("default_transaction_read_only is on, but no right is revoked".to_owned())
        }
        (false, false, _) => WriteState::Writable,
    })
}

/// Tries a write as a role that lost its right, with the read-only default switched off as any session may.
async fn prove(connection: &Connection) -> Result<FenceProof, EngineError> {
    let what = "failed to try a write";
    let ask = "SELECT role, name FROM (
           SELECT pg_get_userbyid(x.grantee) AS role, format('%I.%I', n.nspname, c.relname) AS name,
                  n.nspname = 'daybreak' AS ours, x.grantee
           FROM daybreak.fence_acl AS s
           JOIN pg_class AS c ON c.oid = s.relation JOIN pg_namespace AS n ON n.oid = c.relnamespace
           CROSS JOIN LATERAL aclexplode(s.acl) AS x
           WHERE s.column_number = 0 AND c.relkind IN ('r', 'p') AND x.privilege_type = 'DELETE' AND x.grantee <> 0
         ) AS lost
         JOIN pg_roles AS r ON r.oid = lost.grantee
         WHERE NOT r.rolsuper AND r.rolname <> current_user AND pg_has_role(current_user, r.oid, 'MEMBER')
         ORDER BY ours, name, role LIMIT 1";
    let rows = connection.simple(ask, what).await?;
    let found = rows.first().and_then(|row| Some((row.get(0)?, row.get(1)?)));
    let (role, name) = found.ok_or_else(|| {
        let hint = "run the step that prepares the fence, which makes a role to try with";
        trouble(connection.server(), what, ErrorKind::Other, Some(hint))
    })?;
    let write = format!("DELETE FROM {name} WHERE false");
    let attempt = format!(
        "BEGIN READ WRITE; SET LOCAL ROLE {}; SET LOCAL transaction_read_only = off; {write}",
        quote::identifier(role)
    );
    let refused = connection.execute(&attempt, what).await;
    connection.execute("ROLLBACK", what).await?;
    match refused {
        Err(error) if error.code.as_deref() == Some("42501") => {
            let cause = error.source.as_ref().map(ToString::to_string).unwrap_or_default();
            let exempt = exempt(connection).await?;
            Ok(FenceProof {
                statement: format!("SET ROLE {role}; SET transaction_read_only = off; {write}"),
                refusal: format!("42501 {cause}{exempt}"),
            })
        }
        Err(error) => Err(error),
        Ok(()) => {
            let hint = format!("`{role}` can still write to {name}: look at the grants, then fence again");
            Err(trouble(
                connection.server(),
                "failed to be refused a write",
                ErrorKind::Other,
                Some(&hint),
            ))
        }
    }
}

/// Roles that no revoke holds: only the read-only default stands in their way, and they may switch it off.
async fn exempt(connection: &Connection) -> Result<String, EngineError> {
    let ask = "SELECT string_agg(rolname, ', ' ORDER BY rolname) FROM pg_roles AS r
               WHERE r.rolcanlogin AND r.rolname <> 'rdsadmin'
                 AND (r.rolsuper OR r.rolname = current_user
                      OR EXISTS (SELECT FROM pg_roles AS w WHERE w.rolname = 'pg_write_all_data'
                                 AND pg_has_role(r.oid, w.oid, 'MEMBER')))";
    let names = connection
        .value(ask, "failed to ask who cannot be fenced")
        .await?;
    Ok(names.map_or_else(String::new, |names| {
        format!("; held only by default_transaction_read_only: {names}")
    }))
}
