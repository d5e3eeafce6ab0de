//! A bucket of S3, for files that others write and read.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use aws_config::BehaviorVersion;
use aws_config::Region;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use object_store::aws::{AmazonS3Builder, AwsCredential};
use object_store::{BackoffConfig, CredentialProvider, ObjectStore, RetryConfig};

use super::ATTEMPTS;
use crate::error::{CloudError, Trouble};

/// Which bucket, and who we are to it. What is not named here is found as AWS's own tools find it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BucketSettings {
    /// Its name.
    pub bucket: String,
    /// Its region, such as `eu-central-1`.
    pub region: Option<String>,
    /// A profile of `~/.aws`.
    pub profile: Option<String>,
    /// Another address than AWS's own.
    pub endpoint_url: Option<String>,
}

/// The bucket, and the region that it is reached in. Asks nobody yet but, for credentials, where they are kept.
///
/// # Errors
/// When no region is known, or there are no credentials.
pub async fn bucket(settings: &BucketSettings) -> Result<(String, Arc<dyn ObjectStore>), CloudError> {
    let name = &settings.bucket;
    let error = |message: &str, trouble| CloudError {
        call: "s3:ListBucket".to_owned(),
        object: name.clone(),
        message: message.to_owned(),
        trouble,
    };
    let mut loader = aws_config::defaults(BehaviorVersion::latest()).http_client(super::http());
    if let Some(region) = &settings.region {
        loader = loader.region(Region::new(region.clone()));
    }
    if let Some(profile) = &settings.profile {
        loader = loader.profile_name(profile);
    }
    let config = loader.load().await;
    let region = config.region().map(ToString::to_string);
    let region = region.ok_or_else(|| error("no region is named", Trouble::Unreachable))?;
    let provider = config
        .credentials_provider()
        .ok_or_else(|| error("there are no credentials", Trouble::Credentials))?;
    let mut builder = AmazonS3Builder::new()
        .with_bucket_name(name)
        .with_region(&region)
        .with_credentials(Arc::new(Credentials(provider)))
        .with_retry(RetryConfig {
            max_retries: ATTEMPTS as usize,
            retry_timeout: Duration::from_secs(60),
            backoff: BackoffConfig::default(),
        });
    if let Some(url) = &settings.endpoint_url {
        builder = builder
            .with_endpoint(url)
            .with_allow_http(url.starts_with("http://"));
    }
    let store = builder.build();
    let store = store.map_err(|why| error(&why.to_string(), Trouble::Other))?;
    Ok((region, Arc::new(store)))
}

/// AWS's own search for credentials, renewed as they expire.
#[derive(Debug)]
struct Credentials(SharedCredentialsProvider);

#[async_trait]
impl CredentialProvider for Credentials {
    type Credential = AwsCredential;

    async fn get_credential(&self) -> object_store::Result<Arc<AwsCredential>> {
        let found = self.0.provide_credentials().await;
        let found = found.map_err(|error| object_store::Error::Unauthenticated {
            path: "credentials".to_owned(),
            source: Box::new(error),
        })?;
        Ok(Arc::new(AwsCredential {
            key_id: found.access_key_id().to_owned(),
            secret_key: found.secret_access_key().to_owned(),
            token: found.session_token().map(str::to_owned),
        }))
    }
}
