//! The estate that a server belongs to, as schema check and data check compare it: which server the others are to be like, what
//! each of them is, and who could not be asked.

use daybreak_engine::{Direction, EngineError, TieKind, database};
use daybreak_work::{
    Member, SchemaNode, SchemaPlace, SchemaReport, SchemaUntold, SchemaVerdict, Topology, Unreached, walk,
};

use crate::config::Settings;

/// The estate around a plan's source, without the plan's target.
pub(crate) struct Estate {
    topology: Topology,
    target: String,
}

impl Estate {
    /// Finds it by walking replication from the plan's source.
    pub(crate) async fn of(settings: &Settings) -> Result<Self, EngineError> {
        let mut topology = walk(&settings.source.endpoint, &settings.also, &settings.sides()).await?;
        recognise(&mut topology, settings).await;
        let target = settings.target.endpoint.address();
        topology.unreached.retain(|server| server.name != target);
        Ok(Self { topology, target })
    }

    /// The server that the others are to be like, or the one on the way to it that could not be asked.
    pub(crate) fn primary(&self) -> Result<&Member, &Unreached> {
        self.topology.primary()
    }

    /// All servers but this one, and but the migration's target, which may follow already.
    pub(crate) fn beside(&self, member: &Member) -> Vec<&Member> {
        let own = member.endpoint.address();
        let target = self
            .topology
            .at(&self.target)
            .map(|target| target.endpoint.address());
        let others = self.topology.members.iter().filter(|other| {
            let address = other.endpoint.address();
            address != own && Some(&address) != target.as_ref()
        });
        others.collect()
    }

    /// The server that the walk began at.
    pub(crate) fn first(&self) -> &Member {
        self.topology.members.first().expect("a walk has a first server")
    }

    /// Servers that were named and could not be asked.
    pub(crate) fn unreached(&self) -> &[Unreached] {
        &self.topology.unreached
    }
}

/// The target is asked with an account of its own, so that the walk did not reach it where it follows the source already. A
/// follower that is known to be there and not where is the target, if it is the only one and the target says whom it follows. A slot
/// that a load left for the target, and that it does not read yet, has no reader elsewhere.
pub(crate) async fn recognise(topology: &mut Topology, settings: &Settings) {
    let target = &settings.target.endpoint;
    topology.leave_out_slot(&settings.link.name);
    if topology.at(&target.address()).is_some() {
        return;
    }
    let told = database(target.clone()).surroundings().await;
    for tie in told.ties.iter().filter(|tie| tie.direction == Direction::Follows) {
        let Some(above) = topology.above(tie).map(|member| member.endpoint.address()) else {
            continue;
        };
        let named = |server: &&Unreached| server.named_by == above && server.name != target.address();
        if topology.unreached.iter().filter(named).count() == 1 {
            topology.unreached.retain(|server| !named(&server));
        }
    }
}

/// A member as it is compared. What applications can write to is a primary, also as the other half of a pair.
pub(crate) fn schema_node(member: &Member) -> SchemaNode {
    let follows = |kind: Option<TieKind>| {
        let mut ties = member.surroundings.ties.iter();
        ties.any(|tie| tie.direction == Direction::Follows && kind.is_none_or(|kind| tie.kind == kind))
    };
    let follows_any = follows(None) || member.identity.follows.is_some();
    SchemaNode {
        endpoint: member.endpoint.clone(),
        place: match (member.open, follows_any) {
            (true, _) | (_, false) => SchemaPlace::Primary,
            (false, true) => SchemaPlace::Replica,
        },
        follows: follows_any,
        physical: follows(Some(TieKind::PhysicalStream)),
    }
}

/// Servers of the estate that could not be asked, and were not compared otherwise, are not known to be the same.
pub(crate) fn not_compared(unreached: &[Unreached], nodes: &[SchemaNode], report: &mut SchemaReport) {
    let compared = |name: &str| nodes.iter().any(|node| node.endpoint.address() == name);
    for server in unreached.iter().filter(|server| !compared(&server.name)) {
        report.could_not_tell.push(SchemaUntold {
            server: server.name.clone(),
            what: "its whole schema".to_owned(),
            why: server.why.clone(),
            grant: None,
        });
        if report.verdict == SchemaVerdict::Same {
            report.verdict = SchemaVerdict::CouldNotTell;
        }
    }
}
