use std::path::PathBuf;

use async_trait::async_trait;
use daybreak_traffic::{
    Drained, GateClient, Held, HoldLimits, Pointed, Released, Side, SwitchError, TrafficSwitch, Whereabouts,
};

/// The gate's control socket, connected to for each word: a gate that was started again is found again.
pub(crate) struct GateLine(pub(crate) PathBuf);

impl GateLine {
    async fn gate(&self) -> Result<GateClient, SwitchError> {
        GateClient::connect(&self.0).await
    }
}

#[async_trait]
impl TrafficSwitch for GateLine {
    async fn hold(&self, limits: HoldLimits) -> Result<Held, SwitchError> {
        self.gate().await?.hold(limits).await
    }

    async fn drain(&self) -> Result<Drained, SwitchError> {
        self.gate().await?.drain().await
    }

    async fn point(&self, to: Side) -> Result<Pointed, SwitchError> {
        self.gate().await?.point(to).await
    }

    async fn release(&self) -> Result<Released, SwitchError> {
        self.gate().await?.release().await
    }

    async fn backends(&self) -> Result<Option<Vec<u16>>, SwitchError> {
        self.gate().await?.backends().await
    }

    async fn where_now(&self) -> Result<Whereabouts, SwitchError> {
        self.gate().await?.where_now().await
    }
}
