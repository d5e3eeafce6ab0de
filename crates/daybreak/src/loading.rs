//! The load as the plan has it (D2), for the runbook's step and for whoever loads by hand: by which method, and whose what already
//! lies on the target is.

mod backup;
mod error;
mod tools;

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use daybreak_cloud::bucket;
use daybreak_engine::{Database, Replication, replication};
use daybreak_model::{Position, Scope};
use daybreak_work::{
    Depot, DumpError, DumpLimits, DumpManifest, DumpReport, DumpSettings, LoadReport, Observe, dump, load,
    load_dump, plan_load, reopen_dump, take_over,
};
use serde::{Deserialize, Serialize};

pub(crate) use self::error::{BackupRule, LoadingError};
use crate::config::{BroughtAt, LoadMethod, Place, Settings};

/// Whose objects lie on the target. Written before the first of them is made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Mark {
    /// The target, whatever its address.
    target: String,
    /// The source's address: it need not be reached for a load from files.
    source: String,
    #[serde(flatten)]
    scope: Scope,
}

/// A load by the plan.
pub(crate) struct Loading<'a> {
    pub(crate) settings: &'a Settings,
    pub(crate) source: &'a Arc<dyn Database>,
    pub(crate) target: &'a Arc<dyn Database>,
}

/// What there is to load: what was made on the target by a load that began may be taken over, nothing else.
#[derive(Debug, Clone, Copy)]
enum From<'a> {
    Source,
    Dump(&'a DumpManifest),
}

impl Loading<'_> {
    /// Everything in the scope onto the target, by the plan's method. `begin` is called once before anything of ours is made there, unless
    /// `begun`; from then on what lies there is taken over.
    pub(crate) async fn carry_out<B>(
        &self,
        begun: bool,
        begin: B,
        observer: &Arc<dyn Observe>,
    ) -> Result<LoadReport, LoadingError>
    where
        B: AsyncFnOnce() -> Result<(), LoadingError>,
    {
        let begun = begun || self.is_marked().await?;
        match self.settings.method {
            LoadMethod::Direct => {
                if !begun {
                    self.see_empty(From::Source).await?;
                    begin().await?;
                }
                let settings = self.settings;
                let (scope, how) = (&settings.scope, &settings.load);
                Ok(load(self.source, self.target, scope, how, true, observer).await?)
            }
            LoadMethod::Dump => {
                let depot = self.depot().await?;
                let manifest = match DumpManifest::read(&depot).await? {
                    Some(manifest) => manifest,
                    None => {
                        self.dump(&depot, observer).await?;
                        whole(&depot).await?
                    }
                };
                self.see_ours(&depot, &manifest).await?;
                self.see_followed(&manifest.position).await?;
                if !begun {
                    self.see_empty(From::Dump(&manifest)).await?;
                    begin().await?;
                }
                Ok(load_dump(&depot, self.target, &self.settings.load, true, observer).await?)
            }
            LoadMethod::LogicalTools => {
                if !begun {
                    self.see_empty(From::Source).await?;
                    begin().await?;
                }
                self.by_tools(observer).await
            }
            LoadMethod::Xtrabackup => {
                let position = self.backup_position().await?;
                self.take_over(position, observer).await
            }
            LoadMethod::Restored => {
                let position = self.brought_position().await?;
                self.take_over(position, observer).await
            }
        }
    }

    /// Which state of the source another program brought to the target.
    async fn brought_position(&self) -> Result<Position, LoadingError> {
        let brought_at = self.settings.brought_at.as_ref();
        if let BroughtAt::Position(position) = brought_at.ok_or(LoadingError::NoPosition)? {
            return Ok(position.clone());
        }
        let (there, here) = (self.target.position().await?, self.source.position().await?);
        let (Position::Gtid(there), Position::Gtid(here)) = (there, here) else {
            return Err(LoadingError::TargetSilent(self.target.endpoint().to_string()));
        };
        // What it executed that the source did not is its own.
        let held = there.minus(&there.minus(&here));
        if held.is_empty() {
            return Err(LoadingError::TargetSilent(self.target.endpoint().to_string()));
        }
        Ok(Position::Gtid(held))
    }

    /// What another program brought to the target becomes this migration's. It is not written down as ours before: were it not what the
    /// source has, another method would take it for what a load of ours left, and put rows in its place.
    async fn take_over(
        &self,
        position: Position,
        observer: &Arc<dyn Observe>,
    ) -> Result<LoadReport, LoadingError> {
        self.see_followed(&position).await?;
        let scope = &self.settings.scope;
        Ok(take_over(self.source, self.target, scope, position, observer).await?)
    }

    /// Whether changes from a position on can still be had: else hours of loading would be for nothing.
    async fn see_followed(&self, position: &Position) -> Result<(), LoadingError> {
        if !self.settings.native {
            return Ok(());
        }
        match self.link().cannot_start_at(position).await? {
            None => Ok(()),
            Some(refusal) => Err(LoadingError::NotFollowed(refusal)),
        }
    }

    /// Replication from the source to the target.
    pub(crate) fn link(&self) -> Arc<dyn Replication> {
        let settings = self.settings;
        replication(
            settings.source.endpoint.clone(),
            settings.target.endpoint.clone(),
            settings.link.clone(),
        )
    }

    /// The same by hand, from files that are there: written down beside the plan.
    pub(crate) async fn bring(&self, observer: &Arc<dyn Observe>) -> Result<LoadReport, LoadingError> {
        let depot = self.depot().await?;
        let manifest = whole(&depot).await?;
        if !self.is_ours(&manifest) {
            return Err(another(&depot, &manifest).into());
        }
        if !self.is_marked().await? {
            self.see_empty(From::Dump(&manifest)).await?;
            self.mark().await?;
        }
        Ok(load_dump(&depot, self.target, &self.settings.load, true, observer).await?)
    }

    /// From the source into files.
    pub(crate) async fn dump(
        &self,
        depot: &Depot,
        observer: &Arc<dyn Observe>,
    ) -> Result<DumpReport, LoadingError> {
        let flavor = self.target.flavor().await?;
        let settings = DumpSettings {
            load: self.settings.load.clone(),
            packing: self.settings.dump.packing,
            limits: DumpLimits::default(),
        };
        let report = dump(
            self.source,
            &flavor,
            &self.settings.scope,
            &settings,
            depot,
            observer,
        )
        .await?;
        Ok(report)
    }

    /// Whether there may be a dump at the plan's place: a directory that is not there has none, and is not made to be looked into.
    pub(crate) fn has_place(&self) -> bool {
        match &self.settings.dump.to {
            Some(Place::Directory(path)) => path.exists(),
            other => other.is_some(),
        }
    }

    /// The plan's dump is whole no more, for the next load brings it up to date: where its changes begin is forgotten. Another's is left
    /// as it is, and refused.
    pub(crate) async fn reopen(&self) -> Result<(), LoadingError> {
        if self.settings.method != LoadMethod::Dump || !self.has_place() {
            return Ok(());
        }
        let depot = self.depot().await?;
        if let Some(manifest) = DumpManifest::read(&depot).await? {
            self.see_ours(&depot, &manifest).await?;
            reopen_dump(&depot).await?;
        }
        Ok(())
    }

    /// Whether there are files now from which the next attempt loads: where the changes after them begin must stay known.
    pub(crate) async fn has_files(&self) -> bool {
        if self.settings.method != LoadMethod::Dump || !self.has_place() {
            return false;
        }
        match self.depot().await {
            Ok(depot) => !matches!(DumpManifest::read(&depot).await, Ok(None)),
            Err(_) => true,
        }
    }

    /// Where the plan's dumps go.
    pub(crate) async fn depot(&self) -> Result<Depot, LoadingError> {
        open(
            self.settings
                .dump
                .to
                .as_ref()
                .ok_or(LoadingError::NoPlace("dump"))?,
        )
        .await
    }

    /// Whether the target holds nothing that this load would be refused for.
    async fn see_empty(&self, from: From<'_>) -> Result<(), LoadingError> {
        let flavor = self.target.flavor().await?;
        let scope = &self.settings.scope;
        let image = async {
            match from {
                From::Source => self.source.schema(scope, &flavor).await,
                From::Dump(manifest) => Ok(manifest.image.clone()),
            }
        };
        let (image, present) = tokio::try_join!(image, self.target.schema(scope, &flavor))?;
        plan_load(image, &present, false)?;
        Ok(())
    }

    /// Whether a dump is one of this plan.
    fn is_ours(&self, manifest: &DumpManifest) -> bool {
        let settings = self.settings;
        manifest.scope == settings.scope && manifest.link == settings.load.link_name
    }

    /// Whether it is that, and of the plan's source.
    async fn see_ours(&self, depot: &Depot, manifest: &DumpManifest) -> Result<(), LoadingError> {
        let is_source = manifest.server == self.source.identity().await?.unique_id;
        if is_source && self.is_ours(manifest) {
            return Ok(());
        }
        Err(another(depot, manifest).into())
    }

    /// Writes down whose the target's objects are from now on.
    pub(crate) async fn mark(&self) -> Result<(), LoadingError> {
        let mark = self.wanted_mark().await?;
        let file = self.mark_file();
        let write = || {
            fs::create_dir_all(&self.settings.state_dir)?;
            let new = file.with_extension("new");
            fs::write(&new, serde_json::to_vec(&mark)?)?;
            fs::File::open(&new)?.sync_all()?;
            fs::rename(&new, &file)
        };
        write().map_err(|source| LoadingError::Mark {
            file: file.display().to_string(),
            source,
        })
    }

    async fn is_marked(&self) -> Result<bool, LoadingError> {
        let Ok(text) = fs::read(self.mark_file()) else {
            return Ok(false);
        };
        let known = serde_json::from_slice::<Mark>(&text).ok();
        Ok(known == Some(self.wanted_mark().await?))
    }

    async fn wanted_mark(&self) -> Result<Mark, LoadingError> {
        Ok(Mark {
            target: self.target.identity().await?.unique_id,
            source: self.settings.source.endpoint.address(),
            scope: self.settings.scope.clone(),
        })
    }

    fn mark_file(&self) -> PathBuf {
        self.settings.state_dir.join("loading.json")
    }
}

fn another(depot: &Depot, manifest: &DumpManifest) -> DumpError {
    let of = format!(
        "of schemas {} of {} for the link {}, which is not this plan's",
        manifest.scope.schemas.join(", "),
        manifest.address,
        manifest.link
    );
    let place = depot.place().to_string();
    DumpError::Another { place, of }
}

async fn whole(depot: &Depot) -> Result<DumpManifest, LoadingError> {
    let manifest = DumpManifest::read(depot).await?;
    Ok(manifest.ok_or_else(|| DumpError::NotWhole {
        place: depot.place().to_string(),
        why: "it has no manifest.json, which is written last".to_owned(),
    })?)
}

/// Reaches a place for dumps.
pub(crate) async fn open(place: &Place) -> Result<Depot, LoadingError> {
    match place {
        Place::Directory(path) => Depot::directory(path).map_err(|source| LoadingError::Directory {
            place: path.display().to_string(),
            source,
        }),
        Place::Bucket { settings, prefix } => {
            let (region, store) = bucket(settings).await?;
            Ok(Depot::bucket(&region, &settings.bucket, prefix, store))
        }
    }
}
