//! Secrets of accounts in Secrets Manager, each by a name of its own.

use aws_config::{BehaviorVersion, Region};
use aws_sdk_secretsmanager::types::Tag;

use super::secret::RECOVERY_DAYS;
use super::trouble;
use crate::error::{CloudError, Trouble};
use crate::resource::MARK;

/// The key of the tag that says of which server a secret's account is: what a deleted one holds cannot be read.
const SERVER: &str = "daybreak:server";
/// How long a tag's value may be ("Tag", AWS Secrets Manager API Reference).
const TAG_LENGTH: usize = 256;

/// What the secret of a name that is ours has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HeldSecret {
    /// It stands, and holds this.
    Value(String),
    /// It is deleted, and AWS gives it back for some days yet.
    Deleted {
        /// Of which server its account was, as [`SecretStore::server_tag`] has it; none where it does not say.
        server: Option<String>,
    },
}

/// Who we are to Secrets Manager, and where. What is not named here is found as AWS's own tools find it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SecretSettings {
    /// Such as `eu-central-1`.
    pub region: Option<String>,
    /// A profile of `~/.aws`.
    pub profile: Option<String>,
    /// Another address than AWS's own.
    pub endpoint_url: Option<String>,
}

/// Secrets Manager.
#[derive(Debug, Clone)]
pub struct SecretStore(aws_sdk_secretsmanager::Client);

impl SecretStore {
    /// Reads the configuration. Asks nobody yet.
    pub async fn new(settings: &SecretSettings) -> Self {
        let mut loader = aws_config::defaults(BehaviorVersion::latest()).http_client(super::http());
        if let Some(region) = &settings.region {
            loader = loader.region(Region::new(region.clone()));
        }
        if let Some(profile) = &settings.profile {
            loader = loader.profile_name(profile);
        }
        if let Some(url) = &settings.endpoint_url {
            loader = loader.endpoint_url(url);
        }
        Self(aws_sdk_secretsmanager::Client::new(&loader.load().await))
    }

    /// A server's address as a tag can have it.
    #[must_use]
    pub fn server_tag(server: &str) -> String {
        let fits = |c: char| c.is_ascii_alphanumeric() || " _.:/=+-@".contains(c);
        let fitting = server.chars().map(|c| if fits(c) { c } else { '_' });
        fitting.take(TAG_LENGTH).collect()
    }

    /// Keeps a value under a name, in the place of what that name held. `tag` says whose it is, `server` of which server.
    ///
    /// # Errors
    /// When AWS refuses, or a secret of that name is none of ours, or was deleted and is not known to be that server's.
    pub async fn put(&self, name: &str, value: &str, tag: &str, server: &str) -> Result<(), CloudError> {
        let server = Self::server_tag(server);
        let mark = Tag::builder().key(MARK).value(tag).build();
        let of = Tag::builder().key(SERVER).value(&server).build();
        let made = self
            .0
            .create_secret()
            .name(name)
            .secret_string(value)
            .tags(mark)
            .tags(of.clone())
            .send()
            .await
            .map_err(trouble::of("secretsmanager:CreateSecret", name));
        match made {
            Ok(_) => return Ok(()),
            // One that was deleted some days ago keeps its name until it is gone, and is no `ResourceExistsException`.
            Err(error) if error.trouble == Trouble::Taken || error.message.contains("deletion") => {}
            Err(error) => return Err(error),
        }
        let described = self.0.describe_secret().secret_id(name).send().await;
        let described = described.map_err(trouble::of("secretsmanager:DescribeSecret", name))?;
        let taken = |message: &str| CloudError {
            call: "secretsmanager:PutSecretValue".to_owned(),
            object: name.to_owned(),
            message: message.to_owned(),
            trouble: Trouble::Taken,
        };
        if !is_tagged(described.tags(), tag) {
            return Err(taken(
                "a secret of that name is there, and is none that was made here",
            ));
        }
        let is_of_it = server_of(described.tags()).as_ref() == Some(&server);
        if described.deleted_date().is_some() && !is_of_it {
            return Err(taken(
                "a secret of that name is deleted and not gone yet, and was not known to be that server's",
            ));
        }
        if !is_of_it {
            let tagged = self.0.tag_resource().secret_id(name).tags(of).send().await;
            tagged.map_err(trouble::of("secretsmanager:TagResource", name))?;
        }
        if described.deleted_date().is_some() {
            let restored = self.0.restore_secret().secret_id(name).send().await;
            restored.map_err(trouble::of("secretsmanager:RestoreSecret", name))?;
        }
        let put = self.0.put_secret_value().secret_id(name).secret_string(value);
        let put = put.send().await.map(drop);
        put.map_err(trouble::of("secretsmanager:PutSecretValue", name))
    }

    /// What the secret of a name has, where it is ours; none where there is none of ours.
    ///
    /// # Errors
    /// When AWS refuses.
    pub async fn held(&self, name: &str, tag: &str) -> Result<Option<HeldSecret>, CloudError> {
        let described = self.0.describe_secret().secret_id(name).send().await;
        let described = match described.map_err(trouble::of("secretsmanager:DescribeSecret", name)) {
            Err(error) if error.trouble == Trouble::Missing => return Ok(None),
            other => other?,
        };
        if !is_tagged(described.tags(), tag) {
            return Ok(None);
        }
        if described.deleted_date().is_some() {
            let server = server_of(described.tags());
            return Ok(Some(HeldSecret::Deleted { server }));
        }
        let value = self.0.get_secret_value().secret_id(name).send().await;
        let value = value.map_err(trouble::of("secretsmanager:GetSecretValue", name))?;
        let value = value.secret_string().unwrap_or_default().to_owned();
        Ok(Some(HeldSecret::Value(value)))
    }

    /// Deletes the secret of a name where it is ours; the days for which AWS can give it back, none where there was none of ours.
    ///
    /// # Errors
    /// When AWS refuses.
    pub async fn delete(&self, name: &str, tag: &str) -> Result<Option<i64>, CloudError> {
        let described = self.0.describe_secret().secret_id(name).send().await;
        let described = match described.map_err(trouble::of("secretsmanager:DescribeSecret", name)) {
            Err(error) if error.trouble == Trouble::Missing => return Ok(None),
            other => other?,
        };
        if !is_tagged(described.tags(), tag) {
            return Ok(None);
        }
        if described.deleted_date().is_none() {
            let deleted = self.0.delete_secret().secret_id(name);
            let deleted = deleted.recovery_window_in_days(RECOVERY_DAYS).send().await;
            deleted.map_err(trouble::of("secretsmanager:DeleteSecret", name))?;
        }
        Ok(Some(RECOVERY_DAYS))
    }
}

/// Of which server a secret is by its tags.
fn server_of(tags: &[Tag]) -> Option<String> {
    let own = tags.iter().find(|tag| tag.key() == Some(SERVER));
    own.and_then(Tag::value).map(str::to_owned)
}

fn is_tagged(tags: &[Tag], tag: &str) -> bool {
    tags.iter()
        .any(|other| other.key() == Some(MARK) && other.value() == Some(tag))
}
