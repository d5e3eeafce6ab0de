//! Group Replication: members of one group agree on the order of transactions; each applies what the others' clients wrote.
//!
//! Facts from the manual: "The replication_group_members Table", "Replication Channels" (`group_replication_applier` and
//! `group_replication_recovery` are the group's own).

use daybreak_model::Version;

use super::connection::Server;
use crate::{Direction, EngineError, Tie, TieKind};

/// What a channel of the group's own is called at its beginning.
pub(crate) const CHANNEL: &str = "group_replication_";

/// Empty, or absent where the plugin is not loaded, in a server that belongs to no group.
const NAME: &str = "SHOW GLOBAL VARIABLES WHERE Variable_name = 'group_replication_group_name'";

const MEMBERS: &str = "SELECT MEMBER_HOST, MEMBER_PORT, MEMBER_STATE, MEMBER_ROLE, MEMBER_ID = @@server_uuid \
    FROM performance_schema.replication_group_members WHERE MEMBER_STATE <> 'OFFLINE'";

/// The privilege that the question needs.
pub(crate) const NEEDS: &str = "GRANT SELECT ON performance_schema.replication_group_members TO";

/// A member as the server sees it: host, port, state, role, and whether it is this server.
type Seen = (String, u16, String, String, bool);

impl Server {
    /// Its ties to the other members of its group; none where it belongs to none. Before 8.0.2 a group does not tell roles.
    pub(crate) async fn group(&self) -> Result<Vec<Tie>, EngineError> {
        if self.flavor().await?.version < Version::new(8, 0, 2) {
            return Ok(Vec::new());
        }
        let what = "failed to ask for its group";
        let name: Vec<(String, String)> = self.rows(what, NAME).await?;
        let Some((_, name)) = name.into_iter().find(|(_, name)| !name.is_empty()) else {
            return Ok(Vec::new());
        };
        let members: Vec<Seen> = self.rows(what, MEMBERS).await?;
        Ok(ties(&name, &members))
    }
}

/// A secondary follows the primary; where there are several primaries, each follows the others.
fn ties(name: &str, members: &[Seen]) -> Vec<Tie> {
    let is_primary = |role: &str| role == "PRIMARY";
    let Some((_, _, own_state, own_role, _)) = members.iter().find(|(.., own)| *own) else {
        return Vec::new();
    };
    let tie = |direction, (host, port, state, ..): &Seen| Tie {
        kind: TieKind::Group,
        direction,
        other: format!("{host}:{port}"),
        name: name.to_owned(),
        question: MEMBERS.to_owned(),
        running: Some(state == "ONLINE" && own_state == "ONLINE"),
        lag_seconds: None,
        semi_sync: None,
    };
    let others = || members.iter().filter(|(.., own)| !own);
    let above = others().filter(|(_, _, _, role, _)| is_primary(role));
    let below = others().filter(|_| is_primary(own_role));
    above
        .map(|member| tie(Direction::Follows, member))
        .chain(below.map(|member| tie(Direction::FollowedBy, member)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{Seen, ties};
    use crate::Direction::{self, FollowedBy, Follows};

    fn seen(port: u16, role: &str, own: bool) -> Seen {
        (
            "10.0.0.1".to_owned(),
            port,
            "ONLINE".to_owned(),
            role.to_owned(),
            own,
        )
    }

    fn told(members: &[Seen]) -> Vec<(Direction, String)> {
        let ties = ties("g", members).into_iter();
        ties.map(|tie| (tie.direction, tie.other)).collect()
    }

    #[test]
    fn secondaries_follow_the_primary_and_primaries_each_other() {
        let (first, second) = ("10.0.0.1:1".to_owned(), "10.0.0.1:2".to_owned());
        let single = |own: u16| [seen(1, "PRIMARY", own == 1), seen(2, "SECONDARY", own == 2)];
        assert_eq!(told(&single(1)), [(FollowedBy, second.clone())]);
        assert_eq!(told(&single(2)), [(Follows, first)]);
        let several = [seen(1, "PRIMARY", true), seen(2, "PRIMARY", false)];
        assert_eq!(told(&several), [(Follows, second.clone()), (FollowedBy, second)]);
        assert!(told(&[seen(1, "PRIMARY", false)]).is_empty());
    }
}
