//! What the bytes of a connection say about it. Pure: no sockets, no clock.

mod activity;
mod mysql;
mod mysql_packets;
mod mysql_reply;
mod postgres;
mod postgres_messages;
mod session;

#[cfg(test)]
mod conversation;
#[cfg(test)]
mod mysql_tests;
#[cfg(test)]
mod postgres_tests;

pub(crate) use activity::{Activity, Take};
pub(crate) use postgres::cancel_request_length;
pub use session::Protocol;
pub(crate) use session::Session;
