//! Where new passwords of accounts go: a file, or AWS's Secrets Manager.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use clap::Args;
use daybreak_cloud::{CloudError, HeldSecret, SecretSettings, SecretStore};
use daybreak_model::Secret;
use daybreak_work::{PasswordFile, PasswordStore, PasswordsUnkept};

use crate::config;
use crate::exit::Trouble;

/// What the prefix of names in Secrets Manager begins with.
const SECRETS_MANAGER: &str = "secretsmanager:";
/// Whose secrets these are, in their mark.
const OURS: &str = "accounts";

/// Where new passwords go.
#[derive(Debug, Args)]
pub(super) struct Keeping {
    /// Where new passwords go: a file, one JSON object a line, for its owner alone; or `secretsmanager:PREFIX`, a secret for each account in
    /// the region of the plan's cluster.
    #[arg(
        long,
        value_name = "PLACE",
        default_value = ".daybreak/accounts/passwords.jsonl"
    )]
    passwords: String,
}

impl Keeping {
    /// The place.
    pub(super) async fn store(&self, plan: &Path) -> Result<Arc<dyn PasswordStore>, Trouble> {
        let Some(prefix) = self.passwords.strip_prefix(SECRETS_MANAGER) else {
            return Ok(Arc::new(PasswordFile(PathBuf::from(&self.passwords))));
        };
        let prefix = prefix.trim_matches('/');
        if prefix.is_empty() || prefix != in_a_name(prefix) {
            return Err(Trouble::usage(
                anyhow::anyhow!("`--passwords` is `{}`", self.passwords),
                Some("write it as secretsmanager:PREFIX, of letters, digits and / _ + = . @ -".to_owned()),
            ));
        }
        // Where the plan has a cluster, its secrets lie beside it; else where AWS's own tools are set up for.
        let settings = match config::read_cluster(plan) {
            Ok(cluster) => SecretSettings {
                region: Some(cluster.aws.region),
                profile: cluster.aws.profile,
                endpoint_url: cluster.aws.endpoint_url,
            },
            Err(_) => SecretSettings::default(),
        };
        Ok(Arc::new(SecretsManager {
            store: SecretStore::new(&settings).await,
            prefix: prefix.to_owned(),
        }))
    }
}

/// A secret for each account.
#[derive(Debug)]
struct SecretsManager {
    store: SecretStore,
    prefix: String,
}

#[async_trait]
impl PasswordStore for SecretsManager {
    async fn keep(&self, server: &str, passwords: &[(String, Secret)]) -> Result<(), PasswordsUnkept> {
        let unkept = |error: CloudError| PasswordsUnkept {
            what: "keep new passwords",
            place: self.place(),
            hint: error.hint().unwrap_or_else(|| {
                "no account was told one: see what it says, or keep them in a file (`--passwords FILE`)"
                    .to_owned()
            }),
            source: Box::new(error),
        };
        // All are looked at before one is changed: a secret is named by its account, and another server may have one of that name.
        for (account, _) in passwords {
            let name = name(&self.prefix, account);
            let held = self.store.held(&name, OURS).await.map_err(unkept)?;
            let (why, or) = match held {
                Some(HeldSecret::Value(held)) => match of_another(&held, server) {
                    Some(other) => (
                        format!(
                            "the secret {name} holds the password of account {account} on {other}, and not on {server}"
                        ),
                        "",
                    ),
                    None => continue,
                },
                Some(HeldSecret::Deleted { server: own }) => match deleted_of_another(own.as_deref(), server)
                {
                    Some(other) => (
                        format!(
                            "the secret {name} is deleted and not gone yet, and is of account {account} on {other}, not on {server}"
                        ),
                        "; or see whose it is, and delete it for good by AWS's own tools",
                    ),
                    None => continue,
                },
                None => continue,
            };
            return Err(PasswordsUnkept {
                what: "keep new passwords",
                place: self.place(),
                hint: format!(
                    "no account was told one, and nothing was changed: give each server a prefix of its own, \
                     `--passwords secretsmanager:PREFIX`{or}"
                ),
                source: why.into(),
            });
        }
        for (account, password) in passwords {
            let value = serde_json::json!({
                "server": server, "account": account, "username": user(account), "password": password.expose(),
            });
            let name = name(&self.prefix, account);
            let put = self.store.put(&name, &value.to_string(), OURS, server).await;
            put.map_err(unkept)?;
        }
        Ok(())
    }

    async fn forget(&self, server: &str, account: &str) -> Result<Option<String>, PasswordsUnkept> {
        let name = name(&self.prefix, account);
        let unforgotten = |error: CloudError| PasswordsUnkept {
            what: "delete a password",
            place: self.place(),
            hint: error.hint().unwrap_or_else(|| {
                format!(
                    "the account is gone; run the same command again, or delete the secret {name} by hand"
                )
            }),
            source: Box::new(error),
        };
        let held = self.store.held(&name, OURS).await.map_err(unforgotten)?;
        let other = match &held {
            Some(HeldSecret::Value(held)) => of_another(held, server),
            Some(HeldSecret::Deleted { server: own }) => deleted_of_another(own.as_deref(), server),
            None => None,
        };
        if let Some(other) = other {
            return Ok(Some(format!(
                "secret {name} stays: it is of the account on {other}"
            )));
        }
        let days = self.store.delete(&name, OURS).await.map_err(unforgotten)?;
        Ok(days.map(|days| format!("secret {name} is deleted; AWS gives it back for {days} days")))
    }

    fn place(&self) -> String {
        format!("{SECRETS_MANAGER}{}", self.prefix)
    }
}

/// Of which other server than this one a secret's value is; none where it is this one's.
fn of_another(held: &str, server: &str) -> Option<String> {
    let held: Option<serde_json::Value> = serde_json::from_str(held).ok();
    match held.as_ref().and_then(|held| held["server"].as_str()) {
        Some(own) if own == server => None,
        Some(other) => Some(other.to_owned()),
        None => Some("a server that it does not name".to_owned()),
    }
}

/// Of which other server than this one a deleted secret is by its tag; none where it is this one's.
fn deleted_of_another(own: Option<&str>, server: &str) -> Option<String> {
    match own {
        Some(own) if own == SecretStore::server_tag(server) => None,
        Some(other) => Some(other.to_owned()),
        None => Some("a server that it does not name".to_owned()),
    }
}

/// The user alone of an account as statements have it.
fn user(account: &str) -> String {
    match account.strip_prefix('\'') {
        Some(quoted) => quoted.split("'@'").next().unwrap_or(quoted).replace("''", "'"),
        None => account.trim_matches('"').replace("\"\"", "\""),
    }
}

/// What may stand in a secret's name ("CreateSecret"); other characters become `_`.
fn in_a_name(text: &str) -> String {
    let fits = |c: char| c.is_ascii_alphanumeric() || "/_+=.@-".contains(c);
    text.chars().map(|c| if fits(c) { c } else { '_' }).collect()
}

/// The name of an account's secret. Where characters were replaced, a number made of the account's name keeps two apart.
fn name(prefix: &str, account: &str) -> String {
    let plain = account.replace(['\'', '"'], "");
    let fitting = in_a_name(&plain).replace('/', "_");
    if fitting == plain {
        return format!("{prefix}/{fitting}");
    }
    // FNV-1a.
    let number = account.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |number, byte| {
        (number ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("{prefix}/{fitting}-{number:016x}")
}

#[cfg(test)]
mod tests {
    use super::{name, of_another, user};

    #[test]
    fn each_account_has_a_name_of_its_own() {
        assert_eq!(name("shop", "'app'@'10.0.0.1'"), "shop/app@10.0.0.1");
        assert_eq!(name("shop", "\"app\""), "shop/app");
        let odd = ["'app'@'%'", "'app'@'*'", "'a/b'@'x'", "'a_b'@'x'"].map(|account| name("shop", account));
        for (place, one) in odd.iter().enumerate() {
            assert!(odd[place + 1..].iter().all(|other| other != one), "{odd:?}");
            assert!(one.starts_with("shop/") && one.matches('/').count() == 1, "{one}");
        }
        assert_eq!(user("'o''k'@'%'"), "o'k");
        assert_eq!(user("\"we\"\"ird\""), "we\"ird");
        assert_eq!(user("plain"), "plain");
    }

    #[test]
    fn a_secret_is_of_one_server() {
        let held = "{\"server\": \"shop:3306\", \"password\": \"p\"}";
        assert_eq!(of_another(held, "shop:3306"), None);
        assert_eq!(of_another(held, "shop:33060").as_deref(), Some("shop:3306"));
        for unnamed in ["{\"password\": \"p\"}", "no JSON", ""] {
            assert!(of_another(unnamed, "shop:3306").is_some(), "{unnamed}");
        }
    }
}
