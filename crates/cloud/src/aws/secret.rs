//! The administrator's password, in Secrets Manager: made there before the cluster is, and read when it is made.

use aws_sdk_secretsmanager::types::Tag;
use serde_json::{Value, json};

use super::{Aws, said, trouble};
use crate::error::{CloudError, Trouble};
use crate::port::Found;
use crate::resource::{MARK, PASSWORD_LENGTH, Resource};

/// Days in which a deleted secret can be had back: the fewest ("DeleteSecret").
const RECOVERY_DAYS: i64 = 7;

impl Aws {
    pub(super) async fn find_secret(&self, name: &str) -> Result<Option<Found>, CloudError> {
        let answer = self.secrets.describe_secret().secret_id(name).send().await;
        let answer = answer.map_err(trouble::of("secretsmanager:DescribeSecret", name))?;
        if answer.deleted_date().is_some() {
            return Ok(None);
        }
        let marked = |tag: &Tag| tag.key() == Some(MARK) && tag.value() == Some(self.cluster.as_str());
        Ok(Some(Found {
            attributes: said([]),
            ours: answer.tags().iter().any(marked),
            ready: true,
            status: String::new(),
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
        let tag = Tag::builder().key(MARK).value(&self.cluster).build();
        let request = self
            .secrets
            .create_secret()
            .name(name)
            .description(format!("administrator of {}", self.cluster))
            .secret_string(&text)
            .tags(tag);
        match request
            .send()
            .await
            .map_err(trouble::of("secretsmanager:CreateSecret", name))
        {
            Ok(_) => return Ok(()),
            // One that was deleted some days ago keeps its name until it is gone.
            Err(error) if error.message.contains("deletion") || error.trouble == Trouble::Taken => {}
            Err(error) => return Err(error),
        }
        let restored = self.secrets.restore_secret().secret_id(name).send().await;
        restored.map_err(trouble::of("secretsmanager:RestoreSecret", name))?;
        let put = self
            .secrets
            .put_secret_value()
            .secret_id(name)
            .secret_string(text)
            .send()
            .await;
        put.map(drop)
            .map_err(trouble::of("secretsmanager:PutSecretValue", name))
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
