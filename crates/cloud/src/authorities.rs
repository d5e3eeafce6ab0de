//! Amazon's certificate authorities, from where AWS publishes them.

use std::error::Error;
use std::time::Duration;

use crate::error::{CloudError, Trouble};

/// The most that is read: AWS's file of all commercial regions has 165 kB.
const MOST: usize = 4 << 20;

/// How long the whole of it may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// What is published at an address, which must be one of HTTPS: whoever answers is verified by the system's own authorities, and no
/// redirection is followed.
///
/// # Errors
/// When it is not reached within a minute, is not verified, answers anything but 200, or sends more than 4 MB.
pub async fn published_authorities(address: &str) -> Result<Vec<u8>, CloudError> {
    let error = |message: String| CloudError {
        call: "GET".to_owned(),
        object: address.to_owned(),
        message,
        trouble: Trouble::Unreachable,
    };
    let told = |why: reqwest::Error| {
        let why = why.without_url();
        let mut words = why.to_string();
        let mut cause = why.source();
        while let Some(deeper) = cause {
            words = format!("{words}: {deeper}");
            cause = deeper.source();
        }
        error(words)
    };
    let client = reqwest::Client::builder()
        .https_only(true)
        .redirect(reqwest::redirect::Policy::none())
        .timeout(PATIENCE)
        .build()
        .map_err(told)?;
    let mut answer = client.get(address).send().await.map_err(told)?;
    if answer.status() != reqwest::StatusCode::OK {
        return Err(error(format!("the answer is {}", answer.status())));
    }
    let mut whole = Vec::new();
    while let Some(piece) = answer.chunk().await.map_err(told)? {
        if whole.len() + piece.len() > MOST {
            return Err(error(
                "it is larger than 4 MB: not a file of certificates".to_owned(),
            ));
        }
        whole.extend_from_slice(&piece);
    }
    Ok(whole)
}
