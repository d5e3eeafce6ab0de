//! AWS's errors in our words ("Common Error Types" of each service's API reference).

use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::display::DisplayErrorContext;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use crate::error::{CloudError, Trouble};

/// Makes an error of what a call of one of AWS's crates came to.
pub(super) fn of<E, R>(call: &str, object: &str) -> impl FnOnce(SdkError<E, R>) -> CloudError
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
    R: std::fmt::Debug,
{
    move |error| match error.code() {
        Some(code) => refused(call, object, code, error.message().unwrap_or_default()),
        None => {
            let message = DisplayErrorContext(&error).to_string();
            let trouble = match &error {
                _ if message.contains("redential") => Trouble::Credentials,
                SdkError::ServiceError(_) | SdkError::ResponseError(_) => Trouble::NoSuchCall,
                _ => Trouble::Unreachable,
            };
            CloudError {
                call: call.to_owned(),
                object: object.to_owned(),
                message: short(&message),
                trouble,
            }
        }
    }
}

/// Makes an error of a code and a message.
pub(super) fn refused(call: &str, object: &str, code: &str, message: &str) -> CloudError {
    CloudError {
        call: call.to_owned(),
        object: object.to_owned(),
        message: if message.is_empty() {
            code.to_owned()
        } else {
            format!("{message} ({code})")
        },
        trouble: kind(code, message),
    }
}

fn kind(code: &str, message: &str) -> Trouble {
    let has = |words: &[&str]| words.iter().any(|word| code.contains(word));
    if has(&["Throttl", "RequestLimitExceeded", "TooManyRequests", "SlowDown"]) {
        Trouble::Throttled
    } else if has(&[
        "ExpiredToken",
        "InvalidClientTokenId",
        "UnrecognizedClient",
        "AuthFailure",
        "SignatureDoesNotMatch",
        "RequestExpired",
        "InvalidAccessKeyId",
        "MissingAuthenticationToken",
        "InvalidToken",
        "IncompleteSignature",
    ]) {
        Trouble::Credentials
    } else if has(&[
        "AccessDenied",
        "UnauthorizedOperation",
        "NotAuthorized",
        "KMSKeyNotAccessible",
    ]) {
        Trouble::Denied
    } else if has(&[
        "QuotaExceeded",
        "LimitExceeded",
        "InsufficientStorageClusterCapacity",
    ]) {
        Trouble::Quota
    } else if has(&["AlreadyExists", "Duplicate", "ResourceExists"]) {
        Trouble::Taken
    } else if has(&["NotFound", "DoesNotExist"]) {
        Trouble::Missing
    } else if has(&["InsufficientDBInstanceCapacity", "InsufficientDBClusterCapacity"])
        || message.contains("Cannot find version")
        || message.contains("not supported in")
    {
        Trouble::NotOffered
    } else if has(&[
        "InvalidDBClusterState",
        "InvalidDBInstanceState",
        "InvalidDBClusterSnapshotState",
        "DependencyViolation",
        "InvalidDBParameterGroupState",
        "InvalidDBSubnetGroupState",
    ]) {
        Trouble::State
    } else if has(&["NotImplemented", "InvalidAction", "UnknownOperation"]) {
        Trouble::NoSuchCall
    } else {
        Trouble::Other
    }
}

/// A message without the chain of causes that repeats itself.
fn short(message: &str) -> String {
    let end = message.find(" (").unwrap_or(message.len());
    let mut text = message[..end].to_owned();
    text.truncate(text.floor_char_boundary(400));
    text
}

#[cfg(test)]
mod tests {
    use crate::error::Trouble;

    #[test]
    fn codes_of_all_services_are_told_apart() {
        for (code, trouble) in [
            ("ThrottlingException", Trouble::Throttled),
            ("RequestLimitExceeded", Trouble::Throttled),
            ("ExpiredTokenException", Trouble::Credentials),
            ("AuthFailure", Trouble::Credentials),
            ("AccessDeniedException", Trouble::Denied),
            ("UnauthorizedOperation", Trouble::Denied),
            ("InstanceQuotaExceeded", Trouble::Quota),
            ("SecurityGroupLimitExceeded", Trouble::Quota),
            ("DBClusterAlreadyExistsFault", Trouble::Taken),
            ("InvalidGroup.Duplicate", Trouble::Taken),
            ("DBInstanceNotFound", Trouble::Missing),
            ("ResourceNotFoundException", Trouble::Missing),
            ("InvalidDBClusterStateFault", Trouble::State),
            ("InsufficientDBInstanceCapacity", Trouble::NotOffered),
            ("InvalidAction", Trouble::NoSuchCall),
            ("SomethingElse", Trouble::Other),
        ] {
            let error = super::refused("rds:CreateDBCluster", "cluster shop", code, "no");
            assert_eq!(error.trouble, trouble, "{code}");
        }
    }
}
