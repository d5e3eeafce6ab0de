//! The administrator's password, in Secrets Manager: made there before the cluster is, and read when it is made.

use aws_sdk_secretsmanager::types::Tag;
use serde_json::{Value, json};

use super::{Aws, said, trouble};
use crate::error::{CloudError, Trouble};
use crate::port::Found;
use crate::resource::{Attributes, MARK, PASSWORD_LENGTH, Resource};

/// Days in which a deleted secret can be had back: the fewest ("DeleteSecret").
pub(super) const RECOVERY_DAYS: i64 = 7;

/// A secret, which may be one that was deleted.
struct Described {
    arn: Option<String>,
    ours: bool,
    deleted: bool,
}

impl Aws {
    pub(super) async fn find_secret(&self, name: &str) -> Result<Option<Found>, CloudError> {
        let secret = self.described_secret(name).await?;
        let standing = secret.filter(|secret| !secret.deleted);
        Ok(standing.map(|secret| Found {
            id: secret.arn,
            attributes: said([]),
            pending: Attributes::new(),
            ours: secret.ours,
            ready: true,
            status: String::new(),
        }))
    }

    async fn described_secret(&self, name: &str) -> Result<Option<Described>, CloudError> {
        let answer = self.secrets.describe_secret().secret_id(name).send().await;
        let answer = match answer.map_err(trouble::of("secretsmanager:DescribeSecret", name)) {
            Err(error) if error.trouble == Trouble::Missing => return Ok(None),
            other => other?,
        };
        let marked = |tag: &Tag| tag.key() == Some(MARK) && tag.value() == Some(self.cluster.as_str());
        Ok(Some(Described {
            arn: answer.arn().map(str::to_owned),
            ours: answer.tags().iter().any(marked),
            deleted: answer.deleted_date().is_some(),
        }))
    }

    pub(super) async fn create_secret(&self, resource: &Resource) -> Result<(), CloudError> {
        let name = &resource.name;
        let request = self
            .secrets
            .get_random_password()
            .password_length(PASSWORD_LENGTH)
            .exclude_punctuation(true);
        let made = request.send().await;
        let made = made.map_err(trouble::of("secretsmanager:GetRandomPassword", name))?;
        let text = json!({
            "username": resource.get("administrator"),
            "password": made.random_password().unwrap_or_default(),
        })
        .to_string();
        // One that was deleted some days ago keeps its name until it is gone.
        if let Some(deleted) = self.described_secret(name).await? {
            if !deleted.ours {
                let call = "secretsmanager:CreateSecret";
                let message = "a secret of that name that is none of ours is deleted, and not gone yet";
                return Err(trouble::refused(call, name, "ResourceExistsException", message));
            }
            let restored = self.secrets.restore_secret().secret_id(name).send().await;
            restored.map_err(trouble::of("secretsmanager:RestoreSecret", name))?;
            let put = self
                .secrets
                .put_secret_value()
                .secret_id(name)
                .secret_string(text);
            let put = put.send().await.map(drop);
            return put.map_err(trouble::of("secretsmanager:PutSecretValue", name));
        }
        let tag = Tag::builder().key(MARK).value(&self.cluster).build();
        let request = self
            .secrets
            .create_secret()
            .name(name)
            .description(format!("administrator of {}", self.cluster))
            .secret_string(text)
            .tags(tag);
        let made = request.send().await.map(drop);
        made.map_err(trouble::of("secretsmanager:CreateSecret", name))
    }

    /// The administrator's password, which the secret of this name holds.
    ///
    /// # Errors
    /// When AWS refuses, or it holds none.
    pub async fn administrator_password(&self, secret: &str) -> Result<String, CloudError> {
        self.password(secret).await
    }

    /// The password that a secret holds.
    pub(super) async fn password(&self, name: &str) -> Result<String, CloudError> {
        let answer = self.secrets.get_secret_value().secret_id(name).send().await;
        let answer = answer.map_err(trouble::of("secretsmanager:GetSecretValue", name))?;
        let value: Option<Value> = answer
            .secret_string()
            .and_then(|text| serde_json::from_str(text).ok());
        let password = value.as_ref().and_then(|value| value["password"].as_str());
        password.map(str::to_owned).ok_or_else(|| CloudError {
            call: "secretsmanager:GetSecretValue".to_owned(),
            object: name.to_owned(),
            message: "it holds no object with a `password`".to_owned(),
            trouble: Trouble::Other,
        })
    }

    pub(super) async fn delete_secret(&self, name: &str) -> Result<(), CloudError> {
        let request = self
            .secrets
            .delete_secret()
            .secret_id(name)
            .recovery_window_in_days(RECOVERY_DAYS);
        let deleted = request.send().await.map(drop);
        deleted.map_err(trouble::of("secretsmanager:DeleteSecret", name))
    }
}
