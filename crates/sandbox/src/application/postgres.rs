use std::path::Path;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use tokio_postgres::config::SslMode;
use tokio_postgres::{Client, Config, NoTls};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::{BankError, OPENING_BALANCE, Transfer};

const SCHEMA: &str = include_str!("postgres.sql");

impl From<tokio_postgres::Error> for BankError {
    fn from(error: tokio_postgres::Error) -> Self {
        match error.as_db_error() {
            Some(said) => Self(format!("{} ({})", said.message(), said.code().code())),
            None => Self(error.to_string()),
        }
    }
}

pub(crate) struct Connection {
    client: Client,
    driver: tokio::task::JoinHandle<()>,
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

impl Connection {
    pub(super) async fn open(url: &str, authority: Option<&Path>) -> Result<Self, BankError> {
        let mut config: Config = url.parse()?;
        // What goes wrong in a driver comes back as an error of the statement that waits for it.
        let (client, driver) = if let Some(file) = authority {
            config.ssl_mode(SslMode::Require);
            let (client, connection) = config.connect(vouched_for_by(file)?).await?;
            (client, tokio::spawn(async move { drop(connection.await) }))
        } else {
            let (client, connection) = config.connect(NoTls).await?;
            (client, tokio::spawn(async move { drop(connection.await) }))
        };
        Ok(Self { client, driver })
    }

    pub(super) async fn transfer(&mut self, transfer: &Transfer) -> Result<(), BankError> {
        let transaction = self.client.transaction().await?;
        // Always the lower account first, so that two transfers never wait for each other.
        let mut moves = [(transfer.from, -transfer.amount), (transfer.to, transfer.amount)];
        moves.sort_unstable();
        for (account, amount) in moves {
            transaction
                .execute(
                    "UPDATE shop.accounts SET balance = balance + $1 WHERE id = $2",
                    &[&amount, &account],
                )
                .await?;
        }
        transaction
            .execute(
                "INSERT INTO shop.transfers (token, from_account, to_account, amount, note) VALUES ($1, $2, $3, $4, $5)",
                &[&transfer.token, &transfer.from, &transfer.to, &transfer.amount, &"for services — naïve café"],
            )
            .await?;
        transaction.commit().await?;
        Ok(())
    }

    /// Begins a transaction that has written something.
    pub(super) async fn begin(&mut self) -> Result<(), BankError> {
        self.run("BEGIN").await?;
        self.run("UPDATE shop.accounts SET owner = owner || '.' WHERE id = 1")
            .await
    }

    pub(super) async fn run(&mut self, statement: &str) -> Result<(), BankError> {
        Ok(self.client.batch_execute(statement).await?)
    }

    pub(super) async fn books(&mut self) -> Result<(Vec<i64>, i64), BankError> {
        let rows = self.client.query("SELECT token FROM shop.transfers", &[]).await?;
        let tokens = rows.iter().map(|row| row.get(0)).collect();
        let total = self
            .client
            .query_one("SELECT sum(balance)::bigint FROM shop.accounts", &[])
            .await?;
        Ok((tokens, total.get::<_, Option<i64>>(0).unwrap_or(0)))
    }
}

fn vouched_for_by(authority: &Path) -> Result<MakeRustlsConnect, BankError> {
    let unread = |error: &dyn std::fmt::Display| BankError(format!("{}: {error}", authority.display()));
    let mut roots = RootCertStore::empty();
    let certificates = CertificateDer::pem_file_iter(authority).map_err(|error| unread(&error))?;
    for certificate in certificates {
        let certificate = certificate.map_err(|error| unread(&error))?;
        roots.add(certificate).map_err(|error| unread(&error))?;
    }
    let provider = rustls::crypto::ring::default_provider().into();
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| unread(&error))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}

pub(super) async fn found(url: &str, application: &str, accounts: i64, rows: u64) -> Result<(), BankError> {
    let connection = Connection::open(url, None).await?;
    connection.client.batch_execute(SCHEMA).await?;
    let rows = i64::try_from(rows).unwrap_or(i64::MAX);
    connection
        .client
        .execute(
            "INSERT INTO shop.accounts (id, owner, balance) SELECT n, 'Customer ' || n, $2 FROM generate_series(1, $1::bigint) AS n",
            &[&accounts, &OPENING_BALANCE],
        )
        .await?;
    connection
        .client
        .execute(
            "INSERT INTO shop.products (title, price, state, details, fingerprint, sizes) \
             SELECT 'Article № ' || n, (n % 1000) + (n % 100) / 100.0, \
                    (ARRAY['new', 'used', 'mended']::shop.state[])[1 + n % 3], \
                    jsonb_build_object('weight', n % 97, 'tags', jsonb_build_array('a' || n % 7, 'b')), \
                    decode(md5(n::text), 'hex'), ARRAY[n::int, (n % 10)::int] \
             FROM generate_series(1, $1::bigint) AS n",
            &[&rows],
        )
        .await?;
    connection
        .client
        .batch_execute(
            "INSERT INTO shop.orders (customer, placed) SELECT id, '2020-02-29 12:00+00' FROM shop.accounts WHERE id % 3 = 0;
             INSERT INTO shop.order_lines (order_id, line, product, pieces)
             SELECT o.id, l.line, 1 + (o.id * 13 + l.line) % (SELECT count(*) FROM shop.products), l.line
             FROM shop.orders AS o CROSS JOIN generate_series(1, 3) AS l (line);",
        )
        .await?;
    connection
        .client
        .batch_execute(&format!(
            "GRANT USAGE ON SCHEMA shop TO \"{application}\";
             GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA shop TO \"{application}\";
             GRANT USAGE ON ALL SEQUENCES IN SCHEMA shop TO \"{application}\""
        ))
        .await?;
    Ok(())
}
