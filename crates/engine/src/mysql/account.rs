//! Accounts of ours on a server: made where they are missing, given a new password where they are there.

use daybreak_model::{Flavor, Product, Version};
use mysql_async::Conn;
use mysql_async::prelude::Queryable;

use super::connection::Server;
use super::{classify, quote};
use crate::{EngineError, ErrorKind};

/// Server error: `CREATE USER` of an account that is there.
const OPERATION_FAILED: u16 = 1396;

/// Statements that make an account and set its password. `native` asks for `mysql_native_password` where there is a choice.
pub(crate) fn statements(flavor: &Flavor, account: &str, password: &str, native: bool) -> Vec<String> {
    let password = quote::text(password);
    let old = flavor.product != Product::MariaDb && flavor.version < Version::new(5, 7, 6);
    if old {
        return vec![
            format!("CREATE USER {account} IDENTIFIED BY {password}"),
            format!("SET PASSWORD FOR {account} = PASSWORD({password})"),
        ];
    }
    let with = if native && flavor.product != Product::MariaDb && flavor.has_native_password() {
        " WITH mysql_native_password"
    } else {
        ""
    };
    vec![
        format!("CREATE USER IF NOT EXISTS {account} IDENTIFIED{with} BY {password}"),
        format!("ALTER USER {account} IDENTIFIED{with} BY {password}"),
    ]
}

/// Runs one of them. The server's own message is not repeated where it could hold the password.
pub(crate) async fn run(server: &Server, conn: &mut Conn, what: &str, sql: &str) -> Result<(), EngineError> {
    match conn.query_drop(sql).await {
        Ok(()) => Ok(()),
        Err(error) if classify::code(&error) == Some(OPERATION_FAILED) && sql.starts_with("CREATE USER") => {
            Ok(())
        }
        Err(error) => {
            let mut failed = server.failed(what, error);
            if failed.code.as_deref() == Some("1045") {
                // Of a GRANT: what the account lacks is GRANT OPTION.
                failed.kind = ErrorKind::Privilege;
            }
            if failed.code.as_deref() == Some("1064") {
                // A syntax error quotes the statement.
                failed.source = None;
            }
            Err(failed)
        }
    }
}

#[cfg(test)]
mod tests {
    use daybreak_model::{Flavor, Hosting, Product, Version};

    #[test]
    fn words_by_version() {
        let flavor = |product, version| Flavor {
            product,
            version,
            hosting: Hosting::SelfManaged,
        };
        let first = |flavor: &Flavor| super::statements(flavor, "'u'@'%'", "p'w", true).remove(0);
        assert_eq!(
            first(&flavor(Product::Mysql, Version::new(5, 6, 24))),
            "CREATE USER 'u'@'%' IDENTIFIED BY 'p''w'"
        );
        assert_eq!(
            first(&flavor(Product::Mysql, Version::new(8, 0, 39))),
            "CREATE USER IF NOT EXISTS 'u'@'%' IDENTIFIED WITH mysql_native_password BY 'p''w'"
        );
        assert_eq!(
            first(&flavor(Product::Mysql, Version::new(9, 7, 4))),
            "CREATE USER IF NOT EXISTS 'u'@'%' IDENTIFIED BY 'p''w'"
        );
    }
}
