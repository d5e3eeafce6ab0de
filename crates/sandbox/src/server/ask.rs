//! Asking a server.

use std::time::{Duration, Instant};

use super::Server;
use crate::SandboxError;
use crate::kind::Engine;
use crate::login::Login;
use crate::{mysql, postgres};

/// One row of a result as text, as a command line client shows it; null is `None`.
pub type Row = Vec<Option<String>>;

/// A statement that a server refused.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) code: Option<String>,
    pub(crate) answer: String,
}

impl Server {
    /// Runs a statement as the superuser and gives the rows of its first result.
    ///
    /// # Errors
    /// [`SandboxError::Refused`] with the server's own words.
    pub async fn rows(&self, statement: &str) -> Result<Vec<Row>, SandboxError> {
        self.rows_as(
            &Login::new(self.superuser, ""),
            self.default_database(),
            statement,
        )
        .await
    }

    /// Runs a statement as the superuser in a database and gives the rows of its first result.
    ///
    /// # Errors
    /// As [`Server::rows`].
    pub async fn rows_in(&self, database: &str, statement: &str) -> Result<Vec<Row>, SandboxError> {
        self.rows_as(&Login::new(self.superuser, ""), database, statement)
            .await
    }

    /// Runs a statement as the superuser and gives the first value of its first row, if there is one and it is not null.
    ///
    /// # Errors
    /// As [`Server::rows`].
    pub async fn value(&self, statement: &str) -> Result<Option<String>, SandboxError> {
        Ok(self
            .rows(statement)
            .await?
            .into_iter()
            .next()
            .and_then(|row| row.into_iter().next().flatten()))
    }

    /// Runs a statement as another account, on a connection of its own over the local socket.
    ///
    /// # Errors
    /// As [`Server::rows`].
    pub async fn rows_as(
        &self,
        login: &Login,
        database: &str,
        statement: &str,
    ) -> Result<Vec<Row>, SandboxError> {
        let rows = match self.kind.engine() {
            Engine::Mysql => mysql::rows(&self.socket(), login, database, statement).await,
            Engine::Postgres => postgres::rows(&self.socket(), self.port(), login, database, statement).await,
        };
        rows.map_err(|refusal| SandboxError::Refused {
            server: self.name.clone(),
            statement: login.redact(statement),
            code: refusal.code,
            answer: refusal.answer,
        })
    }

    /// Runs statements as the superuser, one after the other.
    pub(crate) async fn run_all<S: AsRef<str>>(&self, statements: &[S]) -> Result<(), SandboxError> {
        for statement in statements {
            self.rows(statement.as_ref()).await?;
        }
        Ok(())
    }

    /// Asks again and again as the superuser until the first value of the answer is what is wanted.
    ///
    /// # Errors
    /// [`SandboxError::Deadline`] with the last answer; whatever the server refuses in between is asked again.
    pub async fn wait_for(
        &self,
        question: &str,
        wanted: &str,
        patience: Duration,
    ) -> Result<(), SandboxError> {
        let deadline = Instant::now() + patience;
        loop {
            let answer = self.value(question).await;
            if matches!(&answer, Ok(Some(value)) if value == wanted) {
                return Ok(());
            }
            if Instant::now() > deadline {
                return Err(SandboxError::Deadline {
                    condition: format!(
                        "server {} answers `{wanted}` to `{question}`; the last answer was {answer:?}",
                        self.name
                    ),
                    waited: patience,
                });
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    fn default_database(&self) -> &'static str {
        match self.kind.engine() {
            Engine::Mysql => "mysql",
            Engine::Postgres => "postgres",
        }
    }
}
