//! A connection that speaks the replication protocol.
//!
//! `CREATE_REPLICATION_SLOT … EXPORT_SNAPSHOT` is the only way to a snapshot that stands exactly where a slot begins, and the
//! server takes it only on a connection opened with the startup parameter `replication=database` (PostgreSQL manual,
//! "Streaming Replication Protocol"). The driver has no setting for it, so the parameter is put into the startup packet
//! on its way out; everything after that packet passes untouched.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_postgres::tls::{ChannelBinding, MakeTlsConnect, TlsConnect, TlsStream};

const PARAMETER: &[u8] = b"replication\0database\0";

/// A stream whose first write, the startup packet, gains the replication parameter.
pub(crate) struct ReplicationStartup<S> {
    inner: S,
    state: State,
}

enum State {
    /// Nothing written yet.
    Waiting,
    /// The changed packet, and how much of it is written.
    Sending(Vec<u8>, usize),
    /// The packet is out.
    Through,
}

impl<S> ReplicationStartup<S> {
    pub(crate) const fn new(inner: S) -> Self {
        Self {
            inner,
            state: State::Waiting,
        }
    }
}

/// The startup packet with the parameter before its closing zero: length (4 bytes, big-endian, itself included), protocol
/// version (4 bytes), pairs of zero-terminated texts, a zero.
fn with_parameter(packet: &[u8]) -> io::Result<Vec<u8>> {
    let announced = packet
        .first_chunk()
        .map(|length| u32::from_be_bytes(*length) as usize);
    if announced != Some(packet.len()) {
        return Err(io::Error::other(
            "the driver did not write the startup packet in one piece",
        ));
    }
    let (body, end) = packet.split_at(packet.len() - 1);
    let length = u32::try_from(packet.len() + PARAMETER.len()).map_err(io::Error::other)?;
    Ok([&length.to_be_bytes()[..], &body[4..], PARAMETER, end].concat())
}

impl<S: AsyncWrite + Unpin> ReplicationStartup<S> {
    fn poll_through(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        while let State::Sending(packet, sent) = &mut self.state {
            let written = ready!(Pin::new(&mut self.inner).poll_write(context, &packet[*sent..]))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            *sent += written;
            if *sent == packet.len() {
                self.state = State::Through;
            }
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for ReplicationStartup<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if matches!(self.state, State::Waiting) {
            self.state = State::Sending(with_parameter(bytes)?, 0);
            return Poll::Ready(Ok(bytes.len()));
        }
        ready!(self.poll_through(context))?;
        Pin::new(&mut self.inner).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_through(context))?;
        Pin::new(&mut self.inner).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(context)
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for ReplicationStartup<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_read(context, buffer)
    }
}

impl<S: TlsStream + Unpin> TlsStream for ReplicationStartup<S> {
    fn channel_binding(&self) -> ChannelBinding {
        self.inner.channel_binding()
    }
}

/// Makes TLS connections whose startup packet, inside TLS, gains the parameter.
#[derive(Clone)]
pub(crate) struct ReplicationTls<M>(pub(crate) M);

impl<S, M> MakeTlsConnect<S> for ReplicationTls<M>
where
    M: MakeTlsConnect<S>,
    M::TlsConnect: Send,
    <M::TlsConnect as TlsConnect<S>>::Future: Send + 'static,
    M::Stream: Unpin + 'static,
    <M::TlsConnect as TlsConnect<S>>::Error: 'static,
{
    type Stream = ReplicationStartup<M::Stream>;
    type TlsConnect = ReplicationTls<M::TlsConnect>;
    type Error = M::Error;

    fn make_tls_connect(&mut self, domain: &str) -> Result<Self::TlsConnect, Self::Error> {
        self.0.make_tls_connect(domain).map(ReplicationTls)
    }
}

impl<S, C> TlsConnect<S> for ReplicationTls<C>
where
    C: TlsConnect<S>,
    C::Stream: Unpin + 'static,
    C::Future: Send + 'static,
    C::Error: 'static,
{
    type Stream = ReplicationStartup<C::Stream>;
    type Error = C::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Stream, Self::Error>> + Send>>;

    fn connect(self, stream: S) -> Self::Future {
        let connecting = self.0.connect(stream);
        Box::pin(async move { connecting.await.map(ReplicationStartup::new) })
    }
}

#[cfg(test)]
mod tests {
    use super::with_parameter;

    #[test]
    fn the_parameter_comes_before_the_closing_zero() {
        let packet = b"\x00\x00\x00\x12\x00\x03\x00\x00user\0dba\0\0";
        let changed = with_parameter(packet).expect("whole packet");
        assert_eq!(
            changed[..4],
            u32::try_from(changed.len()).expect("small").to_be_bytes()
        );
        assert!(changed.ends_with(b"user\0dba\0replication\0database\0\0"));
        assert!(with_parameter(&packet[..10]).is_err());
    }
}
