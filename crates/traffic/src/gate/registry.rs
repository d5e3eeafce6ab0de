//! All connections of a gate and where each stands, for the keeper that waits for them.

use std::collections::{HashMap, HashSet};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Notify, watch};
use tokio::time::Instant;

use crate::straggler::Straggler;

/// Where a connection stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// No connection to a server yet, and nobody has stopped it.
    Arriving,
    /// No connection to a server because of a hold.
    Waiting,
    /// Bytes of the client may reach a server.
    Flowing,
    /// Bytes of the client stop here, and whether the server is done with what went before is not known yet.
    Suspended,
    /// Bytes of the client stop here, and nothing is under way.
    Paused,
}

/// What the keeper tells one connection, beyond the mode that all watch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    /// Nothing special.
    Follow,
    /// To a connection that cannot be read: flow on although there is a hold.
    Flow,
    /// End.
    Stop,
}

/// How many connections stand where, as of the present hold.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Counts {
    arriving: u64,
    pub(super) waiting: u64,
    /// Paused in the present hold.
    pub(super) paused: u64,
    /// All others that have a connection to a server.
    pub(super) unsettled: u64,
}

/// What a connection keeps up to date for others to see, without the lock.
#[derive(Debug, Default)]
pub(super) struct Live {
    /// Milliseconds since the registry began, plus one; 0 when idle.
    busy_since: AtomicU64,
    pub(super) server_bytes: AtomicU64,
    pub(super) opaque: AtomicBool,
}

#[derive(Debug)]
struct Entry {
    client: SocketAddr,
    backend_port: u16,
    standing: Standing,
    /// The hold that was on when the connection took this standing.
    hold: u64,
    /// Counts changes of standing.
    change: u64,
    /// Answers of the session view in a row that found nothing under way, in this standing.
    clean_answers: u8,
    live: Arc<Live>,
    orders: watch::Sender<Order>,
}

#[derive(Debug, Default)]
struct Table {
    next: u64,
    hold: u64,
    entries: HashMap<u64, Entry>,
    counts: Counts,
}

/// See the module.
#[derive(Debug)]
pub(super) struct Registry {
    began: Instant,
    table: Mutex<Table>,
    changed: Notify,
}

/// An opaque connection about which the session view is asked.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked {
    id: u64,
    pub(super) port: u16,
    change: u64,
    server_bytes: u64,
}

impl Registry {
    pub(super) fn new() -> Self {
        Self {
            began: Instant::now(),
            table: Mutex::default(),
            changed: Notify::new(),
        }
    }

    /// Enters a connection that arrives.
    pub(super) fn enter(self: &Arc<Self>, client: SocketAddr) -> Ticket {
        let mut table = self.table();
        let id = table.next;
        table.next += 1;
        let (orders, receiver) = watch::channel(Order::Follow);
        let live = Arc::new(Live::default());
        let entry = Entry {
            client,
            backend_port: 0,
            standing: Standing::Arriving,
            hold: table.hold,
            change: 0,
            clean_answers: 0,
            live: Arc::clone(&live),
            orders,
        };
        table.counts.arriving += 1;
        table.entries.insert(id, entry);
        drop(table);
        Ticket {
            registry: Arc::clone(self),
            id,
            live,
            orders: receiver,
        }
    }

    /// From now on only what pauses in this hold counts as paused. Connections that cannot be read start with
    /// the order given.
    pub(super) fn begin_hold(&self, hold: u64, opaque: Order) {
        let mut table = self.table();
        table.hold = hold;
        let mut counts = Counts::default();
        for entry in table.entries.values() {
            entry.orders.send_if_modified(|order| {
                *order != Order::Stop && std::mem::replace(order, opaque) != opaque
            });
            *entry.count(hold, &mut counts) += 1;
        }
        table.counts = counts;
    }

    pub(super) fn counts(&self) -> Counts {
        self.table().counts
    }

    /// The local ports of the connections to servers.
    pub(super) fn backend_ports(&self) -> Vec<u16> {
        let table = self.table();
        table
            .entries
            .values()
            .map(|entry| entry.backend_port)
            .filter(|port| *port != 0)
            .collect()
    }

    /// How many connections there are.
    pub(super) fn len(&self) -> u64 {
        self.table().entries.len() as u64
    }

    /// Resolves after a standing has changed since the last call. For one caller.
    pub(super) async fn changed(&self) {
        self.changed.notified().await;
    }

    /// The connections that are not paused, told to end.
    pub(super) fn stop_unsettled(&self) -> Vec<Straggler> {
        let stragglers = self.stragglers();
        let table = self.table();
        for entry in table
            .entries
            .values()
            .filter(|entry| entry.is_unsettled(table.hold))
        {
            entry.orders.send_replace(Order::Stop);
        }
        stragglers
    }

    /// The connections that are not paused.
    pub(super) fn stragglers(&self) -> Vec<Straggler> {
        let now = self.milliseconds();
        let table = self.table();
        let unsettled = table
            .entries
            .values()
            .filter(|entry| entry.is_unsettled(table.hold));
        unsettled
            .map(|entry| Straggler {
                client: entry.client.to_string(),
                backend_port: entry.backend_port,
                busy_ms: match entry.live.busy_since.load(Ordering::Relaxed) {
                    0 => None,
                    since => Some((now + 1).saturating_sub(since)),
                },
            })
            .collect()
    }

    /// The connections that are not paused and cannot be read.
    pub(super) fn opaque_unsettled(&self) -> Vec<Asked> {
        let table = self.table();
        let unsettled = table
            .entries
            .iter()
            .filter(|(_, entry)| entry.is_unsettled(table.hold));
        let opaque = unsettled.filter(|(_, entry)| entry.live.opaque.load(Ordering::Relaxed));
        opaque
            .map(|(id, entry)| Asked {
                id: *id,
                port: entry.backend_port,
                change: entry.change,
                server_bytes: entry.live.server_bytes.load(Ordering::Relaxed),
            })
            .collect()
    }

    /// Takes an answer of the session view: what is under way flows on until it is over, what is not is
    /// suspended, and what was found clean `enough` times in a row while it was suspended is paused.
    pub(super) fn judge(&self, asked: &[Asked], busy: &HashSet<u16>, enough: u8) {
        let mut table = self.table();
        let hold = table.hold;
        let mut settled = 0;
        for question in asked {
            let Some(entry) = table.entries.get_mut(&question.id) else {
                continue;
            };
            let spoke = entry.live.server_bytes.load(Ordering::Relaxed) != question.server_bytes;
            if entry.change != question.change || entry.hold != hold {
                continue;
            }
            let clean = !busy.contains(&question.port);
            match entry.standing {
                Standing::Flowing if clean => drop(entry.orders.send_replace(Order::Follow)),
                Standing::Suspended if !clean => drop(entry.orders.send_replace(Order::Flow)),
                Standing::Suspended if spoke => entry.clean_answers = 0,
                Standing::Suspended => {
                    entry.clean_answers += 1;
                    if entry.clean_answers >= enough {
                        entry.standing = Standing::Paused;
                        settled += 1;
                    }
                }
                Standing::Flowing | Standing::Arriving | Standing::Waiting | Standing::Paused => {}
            }
        }
        table.counts.unsettled -= settled;
        table.counts.paused += settled;
        drop(table);
        self.changed.notify_one();
    }

    fn milliseconds(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        // Nothing panics while it holds the lock; if it did, the counts would still be the best there are.
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Entry {
    fn is_unsettled(&self, hold: u64) -> bool {
        match self.standing {
            Standing::Arriving | Standing::Waiting => false,
            Standing::Flowing | Standing::Suspended => true,
            Standing::Paused => self.hold != hold,
        }
    }

    fn count<'c>(&self, hold: u64, counts: &'c mut Counts) -> &'c mut u64 {
        match self.standing {
            Standing::Arriving => &mut counts.arriving,
            Standing::Waiting => &mut counts.waiting,
            _ if self.is_unsettled(hold) => &mut counts.unsettled,
            _ => &mut counts.paused,
        }
    }
}

/// A connection's own entry; it leaves the registry when dropped.
#[derive(Debug)]
pub(super) struct Ticket {
    registry: Arc<Registry>,
    id: u64,
    pub(super) live: Arc<Live>,
    pub(super) orders: watch::Receiver<Order>,
}

impl Ticket {
    /// There is a connection to a server now, from this local port.
    pub(super) fn connected(&self, backend_port: u16, hold: u64) {
        if let Some(entry) = self.registry.table().entries.get_mut(&self.id) {
            entry.backend_port = backend_port;
        }
        self.stand(Standing::Flowing, hold);
    }

    /// Takes a standing, in the hold that the connection has seen.
    pub(super) fn stand(&self, standing: Standing, hold: u64) {
        let mut table = self.registry.table();
        let Table {
            hold: present,
            entries,
            counts,
            ..
        } = &mut *table;
        if let Some(entry) = entries.get_mut(&self.id) {
            *entry.count(*present, counts) -= 1;
            entry.standing = standing;
            entry.hold = hold;
            entry.change += 1;
            entry.clean_answers = 0;
            *entry.count(*present, counts) += 1;
        }
        drop(table);
        self.registry.changed.notify_one();
    }

    /// Notes whether something is under way.
    pub(super) fn busy(&self, busy: bool) {
        let since = if busy { self.registry.milliseconds() + 1 } else { 0 };
        self.live.busy_since.store(since, Ordering::Relaxed);
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        let mut table = self.registry.table();
        let Table {
            hold,
            entries,
            counts,
            ..
        } = &mut *table;
        if let Some(entry) = entries.remove(&self.id) {
            *entry.count(*hold, counts) -= 1;
        }
        drop(table);
        self.registry.changed.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn registry() -> (Arc<Registry>, Ticket) {
        let registry = Arc::new(Registry::new());
        let ticket = registry.enter("127.0.0.1:1".parse().unwrap());
        (registry, ticket)
    }

    #[test]
    fn a_pause_of_an_earlier_hold_does_not_count_in_the_next() {
        let (registry, ticket) = registry();
        registry.begin_hold(1, Order::Follow);
        ticket.connected(9, 0);
        ticket.stand(Standing::Paused, 1);
        assert_eq!(
            registry.counts(),
            Counts {
                paused: 1,
                ..Counts::default()
            }
        );
        registry.begin_hold(2, Order::Follow);
        assert_eq!(
            registry.counts(),
            Counts {
                unsettled: 1,
                ..Counts::default()
            }
        );
        ticket.stand(Standing::Paused, 1);
        assert_eq!(registry.counts().unsettled, 1);
        ticket.stand(Standing::Paused, 2);
        assert_eq!(
            registry.counts(),
            Counts {
                paused: 1,
                ..Counts::default()
            }
        );
        drop(ticket);
        assert_eq!(registry.counts(), Counts::default());
    }

    #[test]
    fn an_opaque_connection_pauses_after_clean_answers_in_a_row_without_a_word_of_the_server() {
        let (registry, ticket) = registry();
        ticket.live.opaque.store(true, Ordering::Relaxed);
        registry.begin_hold(1, Order::Follow);
        ticket.connected(9, 1);
        ticket.stand(Standing::Suspended, 1);
        let none = HashSet::new();

        registry.judge(&registry.opaque_unsettled(), &HashSet::from([9]), 2);
        assert_eq!(*ticket.orders.borrow(), Order::Flow);
        registry.judge(&registry.opaque_unsettled(), &none, 2);
        let asked = registry.opaque_unsettled();
        ticket.live.server_bytes.store(5, Ordering::Relaxed);
        registry.judge(&asked, &none, 2);
        assert_eq!(registry.counts().unsettled, 1);
        registry.judge(&registry.opaque_unsettled(), &none, 2);
        assert_eq!(registry.counts().unsettled, 1);
        registry.judge(&registry.opaque_unsettled(), &none, 2);
        assert_eq!(
            registry.counts(),
            Counts {
                paused: 1,
                ..Counts::default()
            }
        );
    }

    #[test]
    fn an_answer_to_a_question_from_before_the_suspension_does_not_count() {
        let (registry, ticket) = registry();
        ticket.live.opaque.store(true, Ordering::Relaxed);
        registry.begin_hold(1, Order::Follow);
        ticket.connected(9, 1);
        let asked = registry.opaque_unsettled();
        ticket.stand(Standing::Suspended, 1);
        registry.judge(&asked, &HashSet::new(), 1);
        assert_eq!(registry.counts().unsettled, 1);
    }

    #[test]
    fn stragglers_are_told_to_stop() {
        let (registry, ticket) = registry();
        registry.begin_hold(1, Order::Follow);
        ticket.connected(9, 1);
        ticket.busy(true);
        let stragglers = registry.stop_unsettled();
        assert_eq!(stragglers.len(), 1);
        assert_eq!(stragglers[0].backend_port, 9);
        assert!(stragglers[0].busy_ms.is_some());
        assert_eq!(*ticket.orders.borrow(), Order::Stop);
    }
}
