//! What is known of a server before any check looks: each kind of fact is asked for once, whatever the number of tables.

mod rights;

mod asking;

mod accounts;
mod activity;
mod columns;
mod extensions;
mod indexes;
mod innodb;
mod keys;
mod programs;
mod replication;
mod settings;
mod tables;

mod definitions;
mod zero_dates;

#[cfg(test)]
pub(crate) mod sample;

use std::collections::BTreeSet;

use daybreak_engine::{Database, EngineError};
use daybreak_model::{AuroraLine, Flavor, Product, TableName, Version};

pub(crate) use accounts::{Account, Held, Seen};
pub(crate) use activity::{Hot, Transaction};
pub(crate) use columns::Column;
pub(crate) use extensions::{Function, Plugin, Remote};
pub(crate) use indexes::Index;
pub(crate) use innodb::{DataFile, OldColumn, Space, Stored};
pub(crate) use keys::{ForeignKey, Partition};
pub(crate) use programs::{Kind, Program};
pub(crate) use replication::Channel;
pub(crate) use settings::Settings;
pub(crate) use tables::{Schema, Table};

use asking::{Answer, Asking};
use rights::Rights;

use crate::Unknown;

/// Databases that belong to the server or to us, as a list of literals.
const OURS: &str = "'mysql', 'information_schema', 'performance_schema', 'sys', 'daybreak'";

/// A kind of fact, or why it is not known.
pub(crate) struct Fact<T>(Result<T, Unknown>);

impl<T> Fact<T> {
    pub(crate) const fn new(value: T) -> Self {
        Self(Ok(value))
    }

    const fn unknown(unknown: Unknown) -> Self {
        Self(Err(unknown))
    }

    /// The fact, for a look that ends with what is not known.
    pub(crate) fn known(&self) -> Result<&T, Unknown> {
        self.0.as_ref().map_err(Clone::clone)
    }

    fn take(self) -> Result<T, Unknown> {
        self.0
    }

    fn map<U>(self, change: impl FnOnce(T) -> U) -> Fact<U> {
        Fact(self.0.map(change))
    }
}

/// All facts of one server.
pub(crate) struct Facts {
    pub(crate) flavor: Flavor,
    pub(crate) target: &'static AuroraLine,
    /// Our own account, as statements want it.
    pub(crate) account: String,
    pub(crate) variables: Fact<Settings>,
    pub(crate) status: Fact<Settings>,
    pub(crate) schemas: Fact<Vec<Schema>>,
    pub(crate) tables: Fact<Vec<Table>>,
    pub(crate) system_tables: Fact<Vec<(TableName, String)>>,
    pub(crate) columns: Fact<Vec<Column>>,
    pub(crate) indexes: Fact<Vec<Index>>,
    pub(crate) foreign_keys: Fact<Vec<ForeignKey>>,
    pub(crate) partitions: Fact<Vec<Partition>>,
    pub(crate) definitions: Fact<Vec<(TableName, String)>>,
    /// Columns with a zero date in some row, where an index tells.
    pub(crate) zero_dates: Fact<Vec<(TableName, String)>>,
    pub(crate) views: Fact<Vec<Program>>,
    pub(crate) routines: Fact<Vec<Program>>,
    pub(crate) triggers: Fact<Vec<Program>>,
    pub(crate) events: Fact<Vec<Program>>,
    pub(crate) aggregates: Fact<Vec<(String, String)>>,
    /// Routines whose body is no text.
    pub(crate) garbled: Fact<Vec<String>>,
    pub(crate) accounts: Fact<Vec<Account>>,
    pub(crate) privileges: Fact<Vec<Held>>,
    /// Who came since the server was started.
    pub(crate) seen: Fact<Seen>,
    /// Who may act, as whom.
    pub(crate) proxies: Fact<Vec<(Account, Account)>>,
    pub(crate) plugins: Fact<Vec<Plugin>>,
    pub(crate) components: Fact<Vec<String>>,
    pub(crate) functions: Fact<Vec<Function>>,
    pub(crate) remotes: Fact<Vec<Remote>>,
    pub(crate) resource_groups: Fact<Vec<String>>,
    pub(crate) stored: Fact<Vec<Stored>>,
    pub(crate) files: Fact<Vec<DataFile>>,
    pub(crate) old_columns: Fact<Vec<OldColumn>>,
    /// Of foreign keys in InnoDB: their full names and their tables'.
    pub(crate) foreign_names: Fact<Vec<(String, String)>>,
    pub(crate) spaces: Fact<Vec<Space>>,
    pub(crate) history: Fact<Vec<u64>>,
    pub(crate) channels: Fact<Vec<Channel>>,
    /// `binlog_do_db` and `binlog_ignore_db`.
    pub(crate) logged: Fact<Vec<(String, String)>>,
    pub(crate) transactions: Fact<Vec<Transaction>>,
    pub(crate) prepared: Fact<Vec<String>>,
    pub(crate) hot: Fact<Vec<Hot>>,
    /// Whether the server runs without its grant tables.
    pub(crate) skips_grants: bool,
}

impl Facts {
    pub(crate) async fn gather(
        server: &dyn Database,
        flavor: &Flavor,
        target: &'static AuroraLine,
    ) -> Result<Self, EngineError> {
        let rights = Rights::gather(server, flavor).await?;
        let asking = &Asking {
            server,
            flavor,
            rights: &rights,
        };
        let tables = tables::tables(asking).await?;
        let (columns, indexes) = (columns::columns(asking).await?, indexes::indexes(asking).await?);
        Ok(Self {
            flavor: flavor.clone(),
            target,
            account: rights.account.clone(),
            variables: settings::variables(asking).await?,
            status: settings::status(asking).await?,
            schemas: tables::schemas(asking).await?,
            system_tables: tables::system_tables(asking).await?,
            definitions: definitions::definitions(asking, &columns, &indexes).await?,
            zero_dates: zero_dates::zero_dates(asking, &tables, &columns, &indexes).await?,
            columns,
            indexes,
            foreign_keys: keys::foreign_keys(asking).await?,
            partitions: keys::partitions(asking, &tables).await?,
            tables,
            views: programs::views(asking).await?,
            routines: programs::routines(asking).await?,
            triggers: programs::triggers(asking).await?,
            events: programs::events(asking).await?,
            aggregates: programs::aggregates(asking).await?,
            garbled: programs::garbled(asking).await?,
            accounts: accounts::accounts(asking).await?,
            privileges: accounts::privileges(asking).await?,
            seen: accounts::seen(asking).await?,
            proxies: accounts::proxies(asking).await?,
            plugins: extensions::plugins(asking).await?,
            components: extensions::components(asking).await?,
            functions: extensions::functions(asking).await?,
            remotes: extensions::remotes(asking).await?,
            resource_groups: extensions::resource_groups(asking).await?,
            stored: innodb::tables(asking).await?,
            files: innodb::files(asking).await?,
            old_columns: innodb::old_columns(asking).await?,
            foreign_names: innodb::foreign_names(asking).await?,
            spaces: innodb::spaces(asking).await?,
            history: innodb::history(asking).await?,
            channels: replication::channels(asking).await?,
            logged: replication::logged(asking).await?,
            transactions: activity::transactions(asking).await?,
            prepared: activity::prepared(asking).await?,
            hot: activity::hot(asking).await?,
            skips_grants: rights.are_skipped(),
        })
    }

    /// Whether the server is MariaDB.
    pub(crate) fn is_maria_db(&self) -> bool {
        self.flavor.product == Product::MariaDb
    }

    /// Whether the server follows another.
    pub(crate) fn is_replica(&self) -> Result<bool, Unknown> {
        Ok(!self.channels.known()?.is_empty())
    }

    /// Databases of the applications.
    pub(crate) fn application_schemas(&self) -> Result<impl Iterator<Item = &Schema>, Unknown> {
        let theirs = |schema: &&Schema| !OURS.contains(&format!("'{}'", schema.name));
        Ok(self.schemas.known()?.iter().filter(theirs))
    }

    /// The applications' tables that hold rows.
    pub(crate) fn base_tables(&self) -> Result<impl Iterator<Item = &Table>, Unknown> {
        Ok(self.tables.known()?.iter().filter(|table| table.is_base()))
    }

    /// The columns of tables that hold rows: those of views follow from them.
    pub(crate) fn base_columns(&self) -> Result<impl Iterator<Item = &Column>, Unknown> {
        let views: BTreeSet<&TableName> = self
            .tables
            .known()?
            .iter()
            .filter(|table| !table.is_base())
            .map(|table| &table.name)
            .collect();
        Ok(self
            .columns
            .known()?
            .iter()
            .filter(move |column| !views.contains(&column.table)))
    }

    /// Everything that runs inside the server: views, routines, triggers, events.
    pub(crate) fn programs(&self) -> Result<impl Iterator<Item = &Program>, Unknown> {
        let (views, routines) = (self.views.known()?, self.routines.known()?);
        let (triggers, events) = (self.triggers.known()?, self.events.known()?);
        Ok(views.iter().chain(routines).chain(triggers).chain(events))
    }

    /// Accounts that people and programs log in with after the move.
    pub(crate) fn carried_accounts(&self) -> Result<impl Iterator<Item = &Account>, Unknown> {
        Ok(self
            .accounts
            .known()?
            .iter()
            .filter(|account| account.is_carried()))
    }

    /// A server of this kind with nothing on it, for tests of what no server here can be made to hold.
    #[cfg(test)]
    pub(crate) fn blank(flavor: Flavor, target: &str) -> Self {
        fn none<T>() -> Fact<Vec<T>> {
            Fact::new(Vec::new())
        }
        Self {
            flavor,
            target: AuroraLine::named(target).unwrap(),
            account: "'assess'@'%'".to_owned(),
            variables: Fact::new(Settings::default()),
            status: Fact::new(Settings::default()),
            schemas: none(),
            tables: none(),
            system_tables: none(),
            columns: none(),
            indexes: none(),
            foreign_keys: none(),
            partitions: none(),
            definitions: none(),
            zero_dates: none(),
            views: none(),
            routines: none(),
            triggers: none(),
            events: none(),
            aggregates: none(),
            garbled: none(),
            accounts: none(),
            privileges: none(),
            seen: Fact::new(Seen::default()),
            proxies: none(),
            plugins: none(),
            components: none(),
            functions: none(),
            remotes: none(),
            resource_groups: none(),
            stored: none(),
            files: none(),
            old_columns: none(),
            foreign_names: none(),
            spaces: none(),
            history: none(),
            channels: none(),
            logged: none(),
            transactions: none(),
            prepared: none(),
            hot: none(),
            skips_grants: false,
        }
    }

    /// MySQL of this version, for tests.
    #[cfg(test)]
    pub(crate) fn mysql(major: u16, minor: u16, patch: u16) -> Self {
        let hosting = daybreak_model::Hosting::SelfManaged;
        Self::blank(
            Flavor {
                product: Product::Mysql,
                version: Version::new(major, minor, patch),
                hosting,
            },
            "aurora-mysql 8.4",
        )
    }
}

impl Asking<'_> {
    fn is_maria_db(&self) -> bool {
        self.flavor.product == Product::MariaDb
    }

    /// Whether it is MySQL of this version or later.
    fn mysql_at(&self, major: u16, minor: u16, patch: u16) -> bool {
        !self.is_maria_db() && self.flavor.version >= Version::new(major, minor, patch)
    }

    /// Whether it is MySQL of this release line or a later one.
    fn mysql_from(&self, major: u16, minor: u16) -> bool {
        self.mysql_at(major, minor, 0)
    }

    /// Whether it is MariaDB of this release line or a later one.
    fn maria_db_from(&self, major: u16, minor: u16) -> bool {
        self.is_maria_db() && self.flavor.version >= Version::new(major, minor, 0)
    }
}
