use thiserror::Error;

/// What kind of trouble a provider has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// It asks to be asked less.
    Throttled,
    /// It does not know who we are, or no longer.
    Credentials,
    /// We may not.
    Denied,
    /// The account has no more of these.
    Quota,
    /// The name is somebody else's.
    Taken,
    /// It is not there.
    Missing,
    /// It is not offered there: a version, a class, a zone.
    NotOffered,
    /// It is not in a state for it.
    State,
    /// It could not be asked.
    Unreachable,
    /// It does not know the call.
    NoSuchCall,
    /// Anything else.
    Other,
}

/// A provider refused, or could not be asked.
#[derive(Debug, Clone, Error)]
#[error("{call} failed for {object}: {message}")]
pub struct CloudError {
    /// The call, as the provider's permissions name it: `rds:CreateDBCluster`.
    pub call: String,
    /// What it was about.
    pub object: String,
    /// What the provider said, with its code.
    pub message: String,
    /// Which kind it is.
    pub trouble: Trouble,
}

impl CloudError {
    /// What to do.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        Some(match self.trouble {
            Trouble::Throttled => "run the same command again in a minute: what was made is found again".to_owned(),
            Trouble::Credentials => {
                "give credentials by AWS_PROFILE, AWS_ACCESS_KEY_ID or `aws sso login`, and run the same command again".to_owned()
            }
            Trouble::Denied => format!("allow {} to the identity that runs this, and run the same command again", self.call),
            Trouble::Quota => "ask AWS for a higher quota, or plan fewer; then run the same command again".to_owned(),
            Trouble::Taken => "it is none that this plan made: give the cluster another name".to_owned(),
            Trouble::NotOffered => "choose a version, class or zone that the region offers".to_owned(),
            Trouble::State => "wait until it is available, and run the same command again".to_owned(),
            Trouble::Unreachable => "see that the region and `endpoint_url` are right and the network leads there".to_owned(),
            Trouble::Missing | Trouble::NoSuchCall | Trouble::Other => return None,
        })
    }
}
