//! What a cluster is made from, by its ledger: noted before the provider is first asked to change anything, and held to from then on, so
//! that no later run makes an empty one in its place.

use super::{Entry, Ledger, LedgerError, What};
use crate::made_from::Origin;
use crate::resource::Kind;

impl Ledger {
    /// What is said of a cluster, the last first, since it was last deleted.
    fn of_cluster(&self, cluster: &str) -> impl Iterator<Item = &Entry> {
        let entries = self.entries.iter().rev();
        entries
            .filter(move |entry| entry.kind == Kind::Cluster && entry.name == cluster)
            .take_while(|entry| entry.what != What::Deleted)
    }

    /// What a cluster is, or is to be, made from; none where nothing was noted: before the first run, and in ledgers of old.
    #[must_use]
    pub fn origin(&self, cluster: &str) -> Option<&Origin> {
        self.of_cluster(cluster).find_map(|entry| entry.from.as_ref())
    }

    /// What a run makes the cluster from that asks for this: a run that names nothing goes on with what was noted. Notes nothing yet.
    ///
    /// # Errors
    /// When another was noted, and the cluster may have been made from it.
    pub fn origin_for(&self, cluster: &str, asked: &Origin) -> Result<Origin, LedgerError> {
        let begun = self.is_ours(Kind::Cluster, cluster);
        match self.origin(cluster) {
            None => Ok(asked.clone()),
            Some(noted) if noted.is_as(asked) => Ok(asked.clone()),
            Some(noted) if *asked == Origin::Empty => Ok(noted.clone()),
            // Nothing is lost of what nothing was made of.
            Some(Origin::Empty) if !begun => Ok(asked.clone()),
            Some(noted) => Err(LedgerError::OtherOrigin {
                path: self.path.clone(),
                cluster: cluster.to_owned(),
                noted: Box::new(noted.clone()),
                asked: Box::new(asked.clone()),
            }),
        }
    }

    /// Adds what the cluster is about to be made from, unless it stands there; when it returns it is on the disk.
    ///
    /// # Errors
    /// When it cannot be written, as when it was only looked at.
    pub fn note_origin(&mut self, cluster: &str, origin: &Origin) -> Result<(), LedgerError> {
        let noted = self.origin(cluster);
        // A ledger of old does not say what the cluster that stands was made from, and neither does a run that names nothing.
        let unsaid = noted.is_none() && *origin == Origin::Empty && self.is_ours(Kind::Cluster, cluster);
        if unsaid || noted == Some(origin) {
            return Ok(());
        }
        self.add(Entry {
            from: Some(origin.clone()),
            ..self.entry(What::MadeFrom, Kind::Cluster, cluster, None)
        })
    }

    /// Adds that the cluster has everything that it is to have from its origin; when it returns it is on the disk.
    ///
    /// # Errors
    /// When it cannot be written, as when it was only looked at.
    pub fn note_complete(&mut self, cluster: &str) -> Result<(), LedgerError> {
        self.note(What::Complete, Kind::Cluster, cluster)
    }

    /// Whether the cluster that was made last has everything from its origin.
    #[must_use]
    pub fn is_complete(&self, cluster: &str) -> bool {
        let last = self
            .of_cluster(cluster)
            .find(|entry| matches!(entry.what, What::Complete | What::Making | What::MadeFrom));
        last.is_some_and(|entry| entry.what == What::Complete)
    }

    /// Forgets what clusters were to be made from that do not stand.
    pub(crate) fn forget_origins(&mut self) -> Result<(), LedgerError> {
        let noted = self.entries.iter().filter(|entry| entry.from.is_some());
        let mut gone: Vec<String> = noted
            .map(|entry| entry.name.clone())
            .filter(|name| self.origin(name).is_some() && !self.is_ours(Kind::Cluster, name))
            .collect();
        gone.dedup();
        for name in gone {
            self.note(What::Deleted, Kind::Cluster, &name)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{Ledger, LedgerError, What};
    use crate::made_from::{BackupSource, Origin};
    use crate::resource::{Home, Kind};

    #[test]
    fn an_origin_is_held_to_until_the_cluster_is_gone() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("shop.jsonl");
        let home = Home {
            account: "1".to_owned(),
            region: "eu-central-1".to_owned(),
        };
        let open = || Ledger::open(&path, home.clone()).expect("read");
        let snapshot = Origin::Snapshot("night".to_owned());
        let replica = Origin::Replica("arn".to_owned());
        let mut ledger = open();
        let asked = |ledger: &Ledger, asked: &Origin| ledger.origin_for("shop", asked);
        // Nothing was made of nothing yet: another may be meant.
        ledger.note_origin("shop", &Origin::Empty).expect("noted");
        assert_eq!(asked(&ledger, &snapshot).expect("may be"), snapshot);
        ledger.note_origin("shop", &snapshot).expect("noted");
        assert!(ledger.standing().is_empty(), "that alone is nothing that stands");
        drop(ledger);
        let mut ledger = open();
        assert_eq!(asked(&ledger, &Origin::Empty).expect("it goes on"), snapshot);
        let error = asked(&ledger, &replica).expect_err("another");
        assert!(matches!(error, LedgerError::OtherOrigin { .. }), "{error}");
        assert!(
            error.to_string().contains("snapshot night") && error.to_string().contains("instance arn"),
            "{error}"
        );
        // It is complete once everything of it is there, and made anew it is not.
        ledger.note(What::Making, Kind::Cluster, "shop").expect("noted");
        assert!(!ledger.is_complete("shop"));
        ledger.note_complete("shop").expect("noted");
        ledger.note(What::Changing, Kind::Cluster, "shop").expect("noted");
        assert!(ledger.is_complete("shop") && ledger.is_ours(Kind::Cluster, "shop"));
        ledger.note(What::Making, Kind::Cluster, "shop").expect("noted");
        assert!(!ledger.is_complete("shop") && ledger.origin("shop") == Some(&snapshot));
        ledger.note(What::Deleted, Kind::Cluster, "shop").expect("noted");
        assert_eq!(asked(&ledger, &replica).expect("the next one"), replica);
        ledger.note_origin("shop", &replica).expect("noted");
        ledger.forget_origins().expect("noted");
        assert_eq!(ledger.origin("shop"), None);
    }

    #[test]
    fn by_which_role_a_backup_is_read_makes_none_another() {
        let backup = |prefix: &str, role: &str| {
            Origin::Backup(BackupSource {
                bucket: "b".to_owned(),
                prefix: prefix.to_owned(),
                role: role.to_owned(),
                server_version: "8.0.36".to_owned(),
            })
        };
        assert!(backup("p", "one").is_as(&backup("p", "other")));
        assert!(!backup("p", "one").is_as(&backup("q", "one")));
        let text = serde_json::to_string(&backup("p", "one")).expect("JSON");
        let read: Origin = serde_json::from_str(&text).expect("read");
        assert_eq!(read, backup("p", "one"));
    }
}
