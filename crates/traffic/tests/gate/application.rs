//! An application's connection, the same for both engines.

use std::path::PathBuf;

use daybreak_sandbox::{Engine, Login};
use mysql_async::prelude::Queryable;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use tokio::task::JoinHandle;
use tokio_postgres::SimpleQueryMessage;

/// What an application needs to connect.
#[derive(Debug, Clone)]
pub(crate) struct Access {
    pub(crate) engine: Engine,
    pub(crate) login: Login,
    pub(crate) port: u16,
    /// With TLS, verified against this authority.
    pub(crate) tls: Option<PathBuf>,
}

/// A connection.
pub(crate) enum Application {
    MySql(Box<mysql_async::Conn>),
    Postgres {
        client: tokio_postgres::Client,
        connection: JoinHandle<Result<(), tokio_postgres::Error>>,
    },
}

/// What an application is told when something fails.
#[derive(Debug)]
pub(crate) struct Failure {
    /// The server's code, if it is the server that says it.
    pub(crate) code: Option<String>,
    pub(crate) text: String,
}

impl From<mysql_async::Error> for Failure {
    fn from(error: mysql_async::Error) -> Self {
        let code = match &error {
            mysql_async::Error::Server(server) => Some(server.code.to_string()),
            _ => None,
        };
        Self {
            code,
            text: error.to_string(),
        }
    }
}

impl From<tokio_postgres::Error> for Failure {
    fn from(error: tokio_postgres::Error) -> Self {
        let text = error
            .as_db_error()
            .map_or_else(|| error.to_string(), |server| server.message().to_owned());
        Self {
            code: error.code().map(|code| code.code().to_owned()),
            text,
        }
    }
}

impl Access {
    pub(crate) async fn connect(&self) -> Result<Application, Failure> {
        match self.engine {
            Engine::Mysql => {
                let mut options = mysql_async::OptsBuilder::default()
                    .ip_or_hostname("127.0.0.1")
                    .tcp_port(self.port)
                    .user(Some(self.login.name()))
                    .pass(Some(self.login.password()))
                    .db_name(Some("shop"))
                    // The driver would go around the gate, over the server's socket.
                    .prefer_socket(false);
                if let Some(authority) = &self.tls {
                    let ssl = mysql_async::SslOpts::default().with_root_certs(vec![authority.clone().into()]);
                    options = options.ssl_opts(ssl);
                }
                Ok(Application::MySql(Box::new(
                    mysql_async::Conn::new(options).await?,
                )))
            }
            Engine::Postgres => {
                let mut config = tokio_postgres::Config::new();
                config.host("127.0.0.1").port(self.port).user(self.login.name());
                config.password(self.login.password()).dbname("shop");
                match &self.tls {
                    None => {
                        let (client, connection) = config.connect(tokio_postgres::NoTls).await?;
                        Ok(Application::Postgres {
                            client,
                            connection: tokio::spawn(connection),
                        })
                    }
                    Some(authority) => {
                        let mut roots = rustls::RootCertStore::empty();
                        for certificate in CertificateDer::pem_file_iter(authority).unwrap() {
                            roots.add(certificate.unwrap()).unwrap();
                        }
                        let provider = rustls::crypto::ring::default_provider().into();
                        let tls = rustls::ClientConfig::builder_with_provider(provider)
                            .with_safe_default_protocol_versions()
                            .unwrap()
                            .with_root_certificates(roots)
                            .with_no_client_auth();
                        config.ssl_mode(tokio_postgres::config::SslMode::Require);
                        let tls = tokio_postgres_rustls::MakeRustlsConnect::new(tls);
                        let (client, connection) = config.connect(tls).await?;
                        Ok(Application::Postgres {
                            client,
                            connection: tokio::spawn(connection),
                        })
                    }
                }
            }
        }
    }
}

impl Application {
    /// Runs a statement and gives the first value of its first row.
    pub(crate) async fn run(&mut self, statement: &str) -> Result<Option<String>, Failure> {
        match self {
            Self::MySql(connection) => {
                let row: Option<mysql_async::Row> = connection.query_first(statement).await?;
                let value = row.and_then(|mut row| row.take::<mysql_async::Value, _>(0));
                Ok(value.map(|value| value.as_sql(true).trim_matches('\'').to_owned()))
            }
            Self::Postgres { client, .. } => {
                let messages = client.simple_query(statement).await?;
                Ok(messages.iter().find_map(|message| match message {
                    SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
                    _ => None,
                }))
            }
        }
    }

    /// The server's name for this connection: the same only if it is the same connection to the same server.
    pub(crate) async fn identity(&mut self) -> String {
        let question = match self {
            Self::MySql(_) => "SELECT CONCAT(CONNECTION_ID(), ' on ', (SELECT name FROM side))",
            Self::Postgres { .. } => "SELECT pg_backend_pid() || ' on ' || name FROM side",
        };
        self.run(question).await.unwrap().unwrap()
    }

    /// Which side answers.
    pub(crate) async fn side(&mut self) -> String {
        self.run("SELECT name FROM side").await.unwrap().unwrap()
    }

    /// How its connection ended; for a MySQL connection only that it did.
    pub(crate) async fn end(self) -> Failure {
        match self {
            Self::MySql(mut connection) => connection.query_drop("SELECT 1").await.unwrap_err().into(),
            Self::Postgres { client, connection } => {
                let end = connection.await.unwrap();
                drop(client);
                end.unwrap_err().into()
            }
        }
    }
}
