/// What kind of hole a cluster has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HoleKind {
    /// A security group that is open to everybody.
    OpenGroup,
    /// An instance with a public address.
    Public,
    /// Storage or a snapshot that is not encrypted.
    Unencrypted,
    /// A snapshot that everybody may restore.
    PublicSnapshot,
    /// Connections without TLS.
    Tls,
    /// Backups that are kept for too short a time.
    Backups,
    /// No protection from deletion.
    Unprotected,
    /// No logs.
    Logs,
}

impl HoleKind {
    /// Every kind.
    pub const ALL: [Self; 8] = [
        Self::OpenGroup,
        Self::Public,
        Self::Unencrypted,
        Self::PublicSnapshot,
        Self::Tls,
        Self::Backups,
        Self::Unprotected,
        Self::Logs,
    ];

    /// Stable, for waivers and scripts.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::OpenGroup => "aws.group.open",
            Self::Public => "aws.instance.public",
            Self::Unencrypted => "aws.storage.unencrypted",
            Self::PublicSnapshot => "aws.snapshot.public",
            Self::Tls => "aws.cluster.tls_not_required",
            Self::Backups => "aws.cluster.backups",
            Self::Unprotected => "aws.cluster.deletion_protection",
            Self::Logs => "aws.cluster.logs",
        }
    }

    /// What to do about it.
    #[must_use]
    pub const fn remedy(self) -> &'static str {
        match self {
            Self::OpenGroup => {
                "take the rule away and name the networks that need it; `daybreak provision apply` does it for a cluster of the plan"
            }
            Self::Public => "take the public address away: who needs the database reaches it within the VPC",
            Self::Unencrypted => {
                "it cannot be encrypted afterwards: copy a snapshot with a key, and restore that"
            }
            Self::PublicSnapshot => "take `all` out of its restore attribute at once, and see who copied it",
            Self::Tls => "set it in the cluster parameter group, once every client uses TLS",
            Self::Backups => "keep them for 7 days at least",
            Self::Unprotected => "turn deletion protection on",
            Self::Logs => {
                "send error and slow query logs to CloudWatch: an instance that is replaced takes its own with it"
            }
        }
    }

    /// How much it matters.
    #[must_use]
    pub const fn weight(self) -> Weight {
        match self {
            Self::OpenGroup | Self::Public | Self::Unencrypted | Self::PublicSnapshot => Weight::Open,
            Self::Tls | Self::Backups | Self::Unprotected | Self::Logs => Weight::Weak,
        }
    }
}

/// How much a hole matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weight {
    /// It lets somebody in, or data out or away, as it is.
    Open,
    /// It does with something else.
    Weak,
}

/// A hole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hole {
    /// Which kind.
    pub kind: HoleKind,
    /// Where.
    pub object: String,
    /// What was seen.
    pub evidence: String,
}
