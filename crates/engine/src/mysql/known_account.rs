//! How an account is known to its server: what `SHOW CREATE USER` prints, and before 5.7.6 the table `mysql.user`.
//!
//! Facts from the manuals: MySQL "SHOW CREATE USER" (5.7.6), "print_identified_with_as_hex" (8.0.17), "CREATE USER"; MariaDB "SHOW
//! CREATE USER" (10.2), "CREATE USER" (several ways to log in, with `OR`).

use daybreak_model::{Product, Secret, Version};
use mysql_async::Row;
use mysql_async::prelude::Queryable;

use super::connection::Server;
use super::quote;
use super::schema::tokens::{Kind, Token, tokens};
use crate::{EngineError, ErrorKind};

/// The plugin of MySQL's passwords before 8.0, and of MariaDB's.
pub(super) const NATIVE: &str = "mysql_native_password";

/// One way to log in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Way {
    /// The authentication plugin.
    pub(super) plugin: String,
    /// The hash, or what else the plugin keeps, as a literal.
    pub(super) hash: Option<Secret>,
}

/// An account as its server prints it.
#[derive(Debug, PartialEq, Eq, Default)]
pub(super) struct Known {
    /// Any of them suffices.
    pub(super) ways: Vec<Way>,
    /// Whether a second proof is asked for (MySQL 8.0.27).
    pub(super) second_factor: bool,
    /// `REQUIRE …`; empty for none.
    pub(super) requires: String,
    /// Each of `MAX_QUERIES_PER_HOUR 5` and its like.
    pub(super) limits: Vec<String>,
    /// Each of `PASSWORD EXPIRE INTERVAL 90 DAY` and its like, without those that say what holds anyway.
    pub(super) rules: Vec<String>,
    /// The roles that are active from the start, as a list.
    pub(super) default_roles: Option<String>,
    /// Whether nobody can log in as it.
    pub(super) locked: bool,
}

impl Server {
    /// How an account is known.
    ///
    /// # Errors
    /// Also when what the server prints is not understood. No error shows a hash.
    pub(super) async fn known_account(&self, name: &str) -> Result<Known, EngineError> {
        let flavor = self.flavor().await?;
        if flavor.product != Product::MariaDb && flavor.version < Version::new(5, 7, 6) {
            return self.known_of_old(name).await;
        }
        let text = self.shown_account(name).await?;
        known(&text).ok_or_else(|| {
            let what = format!("failed to understand how account {name} is known");
            self.error(ErrorKind::Unsupported, what)
        })
    }

    async fn shown_account(&self, name: &str) -> Result<String, EngineError> {
        let what = format!("failed to read how account {name} is known");
        let mut conn = self.borrow().await?;
        let flavor = self.flavor().await?;
        if flavor.product != Product::MariaDb && flavor.version >= Version::new(8, 0, 17) {
            // A hash of caching_sha2_password has bytes that are no text.
            let set = conn
                .query_drop("SET SESSION print_identified_with_as_hex = ON")
                .await;
            set.map_err(|error| self.failed(&what, error))?;
        }
        let rows: Vec<Row> = self
            .rows_on(&mut conn, &what, &format!("SHOW CREATE USER {name}"))
            .await?;
        self.keep(conn);
        text(&rows, 0).ok_or_else(|| self.error(ErrorKind::Unsupported, what))
    }

    /// Before 5.7.6 the table alone tells.
    async fn known_of_old(&self, name: &str) -> Result<Known, EngineError> {
        let what = format!("failed to read how account {name} is known");
        let sql = format!(
            "SELECT Password, COALESCE(CAST(plugin AS CHAR), ''), COALESCE(CAST(authentication_string AS CHAR), ''), \
             CAST(ssl_type AS CHAR), CAST(ssl_cipher AS CHAR), CAST(x509_issuer AS CHAR), CAST(x509_subject AS CHAR), \
             CAST(max_questions AS CHAR), CAST(max_updates AS CHAR), CAST(max_connections AS CHAR), CAST(max_user_connections AS CHAR), \
             CAST(password_expired AS CHAR) FROM mysql.user WHERE \
             CONCAT('''', REPLACE(REPLACE(User, '\\\\', '\\\\\\\\'), '''', ''''''), '''@''', Host, '''') = {}",
            quote::text(name)
        );
        let rows: Vec<Row> = self.rows(&what, &sql).await?;
        let column = |index| text(&rows, index).unwrap_or_default();
        if rows.is_empty() {
            return Err(self.error(ErrorKind::Unsupported, what));
        }
        let (password, plugin, other) = (column(0), column(1), column(2));
        let hash = if password.is_empty() { other } else { password };
        let plugin = match plugin.as_str() {
            // Sixteen digits of the hash that was new in 1998.
            "" | NATIVE if hash.len() == 16 => "mysql_old_password".to_owned(),
            "" => NATIVE.to_owned(),
            _ => plugin,
        };
        Ok(Known {
            ways: vec![Way {
                plugin,
                hash: (!hash.is_empty()).then(|| Secret::new(quote::text(&hash))),
            }],
            requires: required(&column(3), &[column(4), column(5), column(6)]),
            limits: LIMITS
                .iter()
                .zip(7..)
                .map(|(limit, index)| (limit, column(index)))
                .filter(|(_, most)| most != "0" && !most.is_empty())
                .map(|(limit, most)| format!("{limit} {most}"))
                .collect(),
            rules: if column(11) == "Y" {
                vec!["PASSWORD EXPIRE".to_owned()]
            } else {
                Vec::new()
            },
            ..Known::default()
        })
    }
}

/// The limits that every version knows, in the order of the table's columns.
const LIMITS: [&str; 4] = [
    "MAX_QUERIES_PER_HOUR",
    "MAX_UPDATES_PER_HOUR",
    "MAX_CONNECTIONS_PER_HOUR",
    "MAX_USER_CONNECTIONS",
];

/// What a connection must prove, from the columns `ssl_type` and, of `SPECIFIED`, cipher, issuer and subject.
fn required(kind: &str, specified: &[String; 3]) -> String {
    match kind {
        "ANY" => "REQUIRE SSL".to_owned(),
        "X509" => "REQUIRE X509".to_owned(),
        "SPECIFIED" => {
            let each = ["CIPHER", "ISSUER", "SUBJECT"].iter().zip(specified);
            let each = each.filter(|(_, value)| !value.is_empty());
            let each: Vec<String> = each
                .map(|(word, value)| format!("{word} {}", quote::text(value)))
                .collect();
            format!("REQUIRE {}", each.join(" AND "))
        }
        _ => String::new(),
    }
}

/// A value of the first row, where it is text. An error that showed the row would show the hash.
fn text(rows: &[Row], column: usize) -> Option<String> {
    rows.first()?.get_opt::<String, _>(column)?.ok()
}

/// Reads what `SHOW CREATE USER` prints.
pub(super) fn known(text: &str) -> Option<Known> {
    let all = tokens(text);
    let mut known = Known::default();
    let identified = all.iter().position(|token| token.is_word("IDENTIFIED"));
    let rest = match identified {
        Some(at) => ways(&all, at, &mut known)?,
        None => {
            known.ways.push(Way {
                plugin: NATIVE.to_owned(),
                hash: None,
            });
            0
        }
    };
    let starts: Vec<usize> = (rest..all.len()).filter(|at| begins(&all, *at)).collect();
    for (index, at) in starts.iter().enumerate() {
        let end = starts.get(index + 1).map_or(text.len(), |next| all[*next].start);
        clause(text[all[*at].start..end].trim_end(), &all[*at..], &mut known);
    }
    Some(known)
}

/// The ways to log in, from `IDENTIFIED` on; where what follows them begins.
fn ways(all: &[Token<'_>], from: usize, known: &mut Known) -> Option<usize> {
    let word = |index: usize, word: &str| all.get(index).is_some_and(|token| token.is_word(word));
    let literal = |index: usize| {
        let token: &Token<'_> = all.get(index)?;
        let is_hex = token.kind == Kind::Word && token.text.starts_with("0x");
        (token.kind == Kind::Text || is_hex).then(|| Secret::new(token.text))
    };
    if word(from + 1, "BY") && word(from + 2, "PASSWORD") {
        known.ways.push(Way {
            plugin: NATIVE.to_owned(),
            hash: Some(literal(from + 3)?),
        });
        return Some(from + 4);
    }
    let mut at = from + 2;
    loop {
        let quotes: &[char] = &['\'', '"', '`'];
        let plugin = all.get(at)?.text.trim_matches(quotes).to_owned();
        at += 1;
        let mut hash = None;
        if word(at, "AS") || word(at, "USING") {
            hash = Some(literal(at + 1)?);
            at += 2;
        }
        // MariaDB's stand for an account that nobody logs in to by password.
        let hash = hash.filter(|hash| hash.expose() != "''");
        known.ways.push(Way { plugin, hash });
        if !word(at, "OR") {
            break;
        }
        at += 1;
    }
    while word(at, "AND") && word(at + 1, "IDENTIFIED") {
        known.second_factor = true;
        at += 2;
        while all.get(at).is_some() && !begins(all, at) && !word(at, "AND") {
            at += 1;
        }
    }
    Some(at)
}

/// Whether a clause begins here.
fn begins(all: &[Token<'_>], at: usize) -> bool {
    let word = |index: usize, word: &str| all.get(index).is_some_and(|token| token.is_word(word));
    let after = |name: &str| at > 0 && word(at - 1, name);
    (word(at, "DEFAULT") && word(at + 1, "ROLE"))
        || (word(at, "REQUIRE") && !after("PASSWORD"))
        || (word(at, "WITH") && all.get(at + 1).is_some_and(|next| next.text.starts_with("MAX_")))
        || [
            "PASSWORD",
            "ACCOUNT",
            "FAILED_LOGIN_ATTEMPTS",
            "PASSWORD_LOCK_TIME",
            "COMMENT",
            "ATTRIBUTE",
        ]
        .iter()
        .any(|name| word(at, name))
}

/// Takes in what a clause says.
fn clause(text: &str, tokens: &[Token<'_>], known: &mut Known) {
    let word = |index: usize, word: &str| tokens.get(index).is_some_and(|token| token.is_word(word));
    if word(0, "DEFAULT") {
        known.default_roles = tokens
            .get(2)
            .map(|first| text[first.start - tokens[0].start..].to_owned());
    } else if word(0, "REQUIRE") {
        if !word(1, "NONE") {
            text.clone_into(&mut known.requires);
        }
    } else if word(0, "WITH") {
        let words: Vec<&str> = text.split_whitespace().skip(1).collect();
        known.limits = words.chunks(2).map(|pair| pair.join(" ")).collect();
    } else if word(0, "ACCOUNT") {
        known.locked = word(1, "LOCK");
    } else if !word(0, "COMMENT") && !word(0, "ATTRIBUTE") && !text.ends_with(" DEFAULT") {
        known.rules.push(text.to_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::{NATIVE, known};

    #[test]
    fn every_clause_is_told_apart() {
        let text = "CREATE USER `u`@`%` IDENTIFIED WITH 'caching_sha2_password' AS 0x2441 DEFAULT ROLE `r`@`%`,`PASSWORD`@`%` \
            REQUIRE SUBJECT '/CN=ACCOUNT LOCK' AND ISSUER 'i' WITH MAX_QUERIES_PER_HOUR 5 MAX_USER_CONNECTIONS 2 \
            PASSWORD EXPIRE INTERVAL 90 DAY ACCOUNT UNLOCK PASSWORD HISTORY 3 PASSWORD REUSE INTERVAL DEFAULT \
            PASSWORD REQUIRE CURRENT DEFAULT FAILED_LOGIN_ATTEMPTS 4 PASSWORD_LOCK_TIME 2 ATTRIBUTE '{\"comment\": \"PASSWORD\"}'";
        let known = known(text).expect("understood");
        assert_eq!(known.ways.len(), 1);
        assert_eq!(known.default_roles.as_deref(), Some("`r`@`%`,`PASSWORD`@`%`"));
        assert_eq!(
            known.requires,
            "REQUIRE SUBJECT '/CN=ACCOUNT LOCK' AND ISSUER 'i'"
        );
        assert_eq!(known.limits, ["MAX_QUERIES_PER_HOUR 5", "MAX_USER_CONNECTIONS 2"]);
        assert_eq!(
            known.rules,
            [
                "PASSWORD EXPIRE INTERVAL 90 DAY",
                "PASSWORD HISTORY 3",
                "FAILED_LOGIN_ATTEMPTS 4",
                "PASSWORD_LOCK_TIME 2"
            ]
        );
        assert!(!known.locked && !known.second_factor);
    }

    #[test]
    fn ways_to_log_in_are_counted() {
        let several = "CREATE USER `root`@`localhost` IDENTIFIED VIA unix_socket OR mysql_native_password USING '*AB' \
            WITH MAX_QUERIES_PER_HOUR 5 ACCOUNT LOCK";
        let found = known(several).expect("understood");
        let plugins: Vec<&str> = found.ways.iter().map(|way| way.plugin.as_str()).collect();
        assert_eq!(plugins, ["unix_socket", NATIVE]);
        assert!(found.locked && found.limits == ["MAX_QUERIES_PER_HOUR 5"]);
        let two = "CREATE USER `u`@`%` IDENTIFIED WITH 'caching_sha2_password' AS 0x24 AND IDENTIFIED WITH \
            'authentication_webauthn' INITIAL AUTHENTICATION IDENTIFIED BY 'x' REQUIRE SSL";
        let found = known(two).expect("understood");
        assert!(found.second_factor && found.ways.len() == 1 && found.requires == "REQUIRE SSL");
    }
}
