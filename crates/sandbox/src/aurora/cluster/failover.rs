//! Crashes, fail-over and reboots.

use super::{AuroraStandIn, Role};
use crate::SandboxError;

impl AuroraStandIn {
    /// Kills the writer as a crash would, and leaves it dead. [`AuroraStandIn::failover`] is what Aurora would do next.
    ///
    /// # Errors
    /// When the async runtime is shutting down.
    pub async fn kill_writer(&self) -> Result<(), SandboxError> {
        let _one = self.changing.lock().await;
        self.writer().kill_hard().await
    }

    /// Fails over: to the instance named, else to the running reader of the lowest tier; with no reader the writer starts anew.
    ///
    /// Both instances restart, every connection to them is lost, and nothing acknowledged is.
    ///
    /// # Errors
    /// When the target is no reader, or an instance does not come up.
    pub async fn failover(&self, target: Option<&str>) -> Result<(), SandboxError> {
        let _one = self.changing.lock().await;
        let old = self.writer_instance();
        let new = match target {
            Some(name) => self.find(name)?,
            None => {
                let running = self.instances.iter().filter(|i| !i.writes() && i.server.runs());
                running.min_by_key(|instance| instance.tier).unwrap_or(old)
            }
        };
        if std::ptr::eq(old, new) {
            if target.is_some() {
                return Err(SandboxError::NotPossible(format!(
                    "{} is the writer already",
                    new.server.name
                )));
            }
            old.server.crash().await?;
            return old.start().await;
        }
        old.server.crash().await?;
        new.server.crash().await?;
        old.server.swap_data(&new.server);
        old.become_role(Role::Reader);
        new.become_role(Role::Writer);
        new.start().await?;
        self.aim();
        old.start().await?;
        self.aim();
        Ok(())
    }

    /// Restarts the writer in place; its pending parameters count from then on.
    ///
    /// # Errors
    /// When it does not come up.
    pub async fn reboot_writer(&self) -> Result<(), SandboxError> {
        let _one = self.changing.lock().await;
        let writer = self.writer_instance();
        writer.server.stop().await?;
        writer.start().await
    }

    /// Restarts an instance in place; its pending parameters count from then on.
    ///
    /// # Errors
    /// When it does not come up, or there is none of this name.
    pub async fn reboot(&self, name: &str) -> Result<(), SandboxError> {
        let _one = self.changing.lock().await;
        let instance = self.find(name)?;
        instance.server.stop().await?;
        instance.start().await
    }
}
