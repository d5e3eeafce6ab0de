use super::Kind;

/// Data to be compared: tables `t1` to `tN` in a schema `bench`, of sysbench's shape: a key, a number with an index, 178 bytes of text.
#[derive(Debug)]
pub(in crate::bench) struct Case {
    pub(in crate::bench) name: String,
    pub(in crate::bench) tables: usize,
    pub(in crate::bench) rows_per_table: u64,
}

impl Case {
    pub(super) fn rows(&self) -> u64 {
        self.rows_per_table * self.tables as u64
    }

    pub(super) fn names(&self) -> impl Iterator<Item = String> {
        (1..=self.tables).map(|table| format!("t{table}"))
    }
}

/// Tables that are made by one statement to the server.
const TOGETHER: usize = 50;

/// Statements that make the case's tables in place of all that were there; `account` may read them.
pub(in crate::bench) fn statements(kind: Kind, case: &Case, account: &str) -> Vec<String> {
    let begin = match kind {
        Kind::Mysql | Kind::MariaDb => "DROP DATABASE IF EXISTS bench; CREATE DATABASE bench".to_owned(),
        Kind::Postgres => {
            format!("DROP SCHEMA IF EXISTS bench CASCADE; CREATE SCHEMA bench AUTHORIZATION \"{account}\"")
        }
    };
    let table = |name: String| match kind {
        Kind::Mysql | Kind::MariaDb => mysql(&name, case.rows_per_table),
        Kind::Postgres => postgres(&name, case.rows_per_table, account),
    };
    let tables: Vec<String> = case.names().map(table).collect();
    let together = tables.chunks(TOGETHER).map(|tables| tables.join(";\n"));
    std::iter::once(begin).chain(together).collect()
}

fn mysql(name: &str, rows: u64) -> String {
    let digits = "(SELECT 0 d UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4 \
                  UNION ALL SELECT 5 UNION ALL SELECT 6 UNION ALL SELECT 7 UNION ALL SELECT 8 UNION ALL SELECT 9)";
    // Digits that follow no order, as sysbench's.
    let groups = |from: u64, count: u64| {
        let group = |step: u64| {
            format!(
                "LPAD((n * {}) % 100000000000, 11, '0')",
                7_907_920_619 + 1_299_709 * step
            )
        };
        (from..from + count).map(group).collect::<Vec<_>>().join(", ")
    };
    // As many digits as the number of rows has.
    let places = 0..u32::try_from(rows.to_string().len()).unwrap_or(0);
    let from: Vec<String> = places.clone().map(|place| format!("{digits} d{place}")).collect();
    let value: Vec<String> = places
        .map(|place| format!("d{place}.d * {}", 10_u64.pow(place)))
        .collect();
    format!(
        "CREATE TABLE bench.{name} (id INT NOT NULL PRIMARY KEY, k INT NOT NULL, c CHAR(120) NOT NULL, pad CHAR(60) NOT NULL, \
         KEY k_1 (k)) ENGINE = InnoDB;
         INSERT INTO bench.{name} (id, k, c, pad) SELECT n, 1 + (n * 2654435761) % {rows}, CONCAT_WS('-', {}), CONCAT_WS('-', {}) \
         FROM (SELECT 1 + {} AS n FROM {}) numbers WHERE n <= {rows} ORDER BY n;
         ANALYZE TABLE bench.{name}",
        groups(0, 10),
        groups(10, 5),
        value.join(" + "),
        from.join(", ")
    )
}

fn postgres(name: &str, rows: u64, account: &str) -> String {
    let random = "md5(random()::text)";
    format!(
        "CREATE TABLE bench.{name} (id integer PRIMARY KEY, k integer NOT NULL, c char(120) NOT NULL, pad char(60) NOT NULL);
         INSERT INTO bench.{name} SELECT n, 1 + floor(random() * {rows}), left({random} || {random} || {random} || {random}, 119), \
         left({random} || {random}, 59) FROM generate_series(1, {rows}) AS n;
         CREATE INDEX ON bench.{name} (k);
         ALTER TABLE bench.{name} OWNER TO \"{account}\";
         ANALYZE bench.{name}"
    )
}
