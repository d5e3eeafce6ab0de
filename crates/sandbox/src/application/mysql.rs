use std::path::Path;

use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Opts, OptsBuilder, SslOpts, params};

use super::{BankError, OPENING_BALANCE, Transfer};

const SCHEMA: &str = include_str!("mysql.sql");

impl From<mysql_async::Error> for BankError {
    fn from(error: mysql_async::Error) -> Self {
        Self(error.to_string())
    }
}

pub(crate) struct Connection(Conn);

impl Connection {
    pub(super) async fn open(url: &str, authority: Option<&Path>) -> Result<Self, BankError> {
        let opts = Opts::from_url(url).map_err(|error| BankError(error.to_string()))?;
        // On this machine the driver would go to the server's own socket instead, past any gate or wire in between.
        let tls = authority.map(|file| SslOpts::default().with_root_certs(vec![file.to_owned().into()]));
        let opts = OptsBuilder::from_opts(opts).prefer_socket(false).ssl_opts(tls);
        Ok(Self(Conn::new(opts).await?))
    }

    pub(super) async fn transfer(&mut self, transfer: &Transfer) -> Result<(), BankError> {
        let connection = &mut self.0;
        connection.query_drop("START TRANSACTION").await?;
        // Always the lower account first, so that two transfers never wait for each other.
        let mut moves = [(transfer.from, -transfer.amount), (transfer.to, transfer.amount)];
        moves.sort_unstable();
        for (account, amount) in moves {
            connection
                .exec_drop(
                    "UPDATE accounts SET balance = balance + ? WHERE id = ?",
                    (amount, account),
                )
                .await?;
        }
        connection
            .exec_drop(
                "INSERT INTO transfers (token, from_account, to_account, amount, note) \
                 VALUES (:token, :from, :to, :amount, :note)",
                params! {
                    "token" => transfer.token,
                    "from" => transfer.from,
                    "to" => transfer.to,
                    "amount" => transfer.amount,
                    "note" => "for services — naïve café",
                },
            )
            .await?;
        connection.query_drop("COMMIT").await?;
        Ok(())
    }

    /// Begins a transaction that has written something.
    pub(super) async fn begin(&mut self) -> Result<(), BankError> {
        self.run("START TRANSACTION").await?;
        self.run("UPDATE accounts SET owner = CONCAT(owner, '.') WHERE id = 1")
            .await
    }

    pub(super) async fn run(&mut self, statement: &str) -> Result<(), BankError> {
        Ok(self.0.query_drop(statement).await?)
    }

    pub(super) async fn books(&mut self) -> Result<(Vec<i64>, i64), BankError> {
        let tokens = self.0.query("SELECT token FROM transfers").await?;
        let total: Option<i64> = self
            .0
            .query_first("SELECT CAST(SUM(balance) AS SIGNED) FROM accounts")
            .await?;
        Ok((tokens, total.unwrap_or(0)))
    }
}

/// The bank's schema as a server of this version can have it: JSON came with MySQL 5.7.8, generated columns with 5.7.6.
fn schema_for((major, minor, _): (u16, u16, u16)) -> String {
    if (major, minor) >= (5, 7) {
        return SCHEMA.to_owned();
    }
    let lines = SCHEMA.lines().filter(|line| !line.contains("GENERATED ALWAYS"));
    lines
        .map(|line| format!("{}\n", line.replace("details JSON", "details TEXT")))
        .collect()
}

pub(super) async fn found(url: &str, accounts: i64, rows: u64) -> Result<(), BankError> {
    let mut connection = Connection::open(url, None).await?.0;
    let schema = schema_for(connection.server_version());
    for statement in schema
        .split(";;")
        .map(str::trim)
        .filter(|statement| !statement.is_empty())
    {
        connection.query_drop(statement).await?;
    }
    let ids: Vec<i64> = (1..=accounts).collect();
    for ids in ids.chunks(1_000) {
        let values: Vec<String> = ids
            .iter()
            .map(|id| format!("({id}, 'Customer {id}', {OPENING_BALANCE})"))
            .collect();
        connection
            .query_drop(format!(
                "INSERT INTO accounts (id, owner, balance) VALUES {}",
                values.join(",")
            ))
            .await?;
    }
    let mut product = 0;
    while product < rows {
        let batch = (rows - product).min(2_000);
        let values: Vec<String> = (product + 1..=product + batch)
            .map(|id| {
                format!(
                    "({id}, 'Article № {id}', {whole}.{cents:02}, ELT(1 + {id} % 3, 'new', 'used', 'mended'), \
                     '{{\"weight\": {weight}, \"tags\": [\"a{tag}\", \"b\"]}}', UNHEX(SHA2({id}, 256)))",
                    whole = id % 1000,
                    cents = id % 100,
                    weight = id % 97,
                    tag = id % 7
                )
            })
            .collect();
        connection
            .query_drop(format!(
                "INSERT INTO products (id, title, price, state, details, fingerprint) VALUES {}",
                values.join(",")
            ))
            .await?;
        product += batch;
    }
    connection
        .query_drop(
            "INSERT INTO orders (customer, placed) SELECT id, '2020-02-29 12:00:00' FROM accounts WHERE id % 3 = 0",
        )
        .await?;
    connection
        .query_drop(
            "INSERT INTO order_lines (order_id, line, product, pieces) \
             SELECT orders.id, lines.line, 1 + (orders.id * 13 + lines.line) % (SELECT COUNT(*) FROM products), lines.line \
             FROM orders JOIN (SELECT 1 AS line UNION ALL SELECT 2 UNION ALL SELECT 3) AS `lines`",
        )
        .await?;
    connection.disconnect().await?;
    Ok(())
}
