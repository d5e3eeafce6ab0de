//! The server's answers to MySQL commands: where each ends, and what it says about the transaction.

use super::mysql_packets::{FULL, Packets, length_encoded, two_bytes};

const IN_TRANSACTION: u16 = 0x0001;
const MORE_RESULTS: u16 = 0x0008;
const CURSOR_EXISTS: u16 = 0x0040;

const OK: u8 = 0x00;
const LOCAL_INFILE: u8 = 0xfb;
const END: u8 = 0xfe;
const ERROR: u8 = 0xff;

/// MariaDB's progress reports look like errors with this number.
const PROGRESS_REPORT: u16 = 0xffff;
/// ER_LOCK_DEADLOCK: the server has rolled the whole transaction back.
const DEADLOCK: u16 = 1213;

/// What the two ends agreed on that changes the shape of answers.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Dialect {
    /// CLIENT_DEPRECATE_EOF: no EOF after column definitions, an OK after rows.
    pub(super) deprecate_eof: bool,
    /// MARIADB_CLIENT_CACHE_METADATA: the column count says whether definitions follow.
    pub(super) cached_metadata: bool,
}

/// The shape of the answer that a command gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// One OK, EOF or ERR.
    Short,
    /// One packet of text.
    Text,
    /// One or more result sets, OKs, or a request for a file.
    Results,
    /// Rows without a head, up to an EOF: a fetch from a cursor, or a list of fields.
    Rows,
    /// The head of a prepared statement with its parameters and columns.
    Prepared,
    /// A second login on the same connection.
    Login,
}

/// Where in an answer the server is.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Place {
    #[default]
    Start,
    Columns(u64),
    ColumnsEnd,
    Rows,
    Skip(u64),
}

/// What one packet of an answer means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// The answer goes on.
    More,
    /// The server asks the client for a file.
    SendFile,
    /// The answer is complete. The transaction is open, closed, or as it was before.
    Done(Option<bool>),
    /// No server of this protocol sends that.
    Nonsense,
}

/// Follows one answer from its first packet to its last.
#[derive(Debug, Default)]
pub(super) struct Reply {
    place: Place,
}

impl Reply {
    /// Takes the next packet of an answer of this shape.
    pub(super) fn packet(&mut self, shape: Shape, packet: &Packets, dialect: Dialect) -> Step {
        let step = self.step(shape, packet, dialect).unwrap_or(Step::Nonsense);
        if let Step::Done(_) = step {
            self.place = Place::Start;
        }
        step
    }

    fn step(&mut self, shape: Shape, packet: &Packets, dialect: Dialect) -> Option<Step> {
        let first = *packet.head().first()?;
        let may_be_error = !matches!(self.place, Place::Columns(_) | Place::ColumnsEnd | Place::Skip(_));
        if first == ERROR && may_be_error {
            let code = two_bytes(packet.head(), 1)?;
            return Some(match code {
                PROGRESS_REPORT => Step::More,
                DEADLOCK => Step::Done(Some(false)),
                _ => Step::Done(None),
            });
        }
        match (shape, self.place) {
            (Shape::Text, _) => Some(Step::Done(None)),
            (Shape::Short, _) => match first {
                OK | END => Some(Step::Done(Some(status(packet)? & IN_TRANSACTION != 0))),
                _ => None,
            },
            (Shape::Login, _) => match first {
                OK => Some(Step::Done(Some(status(packet)? & IN_TRANSACTION != 0))),
                _ => Some(Step::More),
            },
            (Shape::Rows, _) | (Shape::Results, Place::Rows) => self.row(packet, dialect),
            (Shape::Prepared, place) => self.prepared(place, packet, dialect),
            (Shape::Results, Place::Start) => match first {
                OK => self.end_of_result(status(packet)?),
                LOCAL_INFILE => Some(Step::SendFile),
                _ => self.column_count(packet, dialect),
            },
            (Shape::Results, Place::Columns(left)) => {
                self.place = match left {
                    2.. => Place::Columns(left - 1),
                    _ if dialect.deprecate_eof => Place::Rows,
                    _ => Place::ColumnsEnd,
                };
                Some(Step::More)
            }
            (Shape::Results, Place::ColumnsEnd) => {
                let status = (first == END).then(|| status(packet)).flatten()?;
                if status & CURSOR_EXISTS != 0 {
                    return self.end_of_result(status);
                }
                self.place = Place::Rows;
                Some(Step::More)
            }
            (Shape::Results, Place::Skip(_)) => None,
        }
    }

    fn column_count(&mut self, packet: &Packets, dialect: Dialect) -> Option<Step> {
        let (columns, next) = length_encoded(packet.head(), 0)?;
        let described = !dialect.cached_metadata || *packet.head().get(next)? != 0;
        self.place = match (columns, described) {
            (0, _) => return None,
            (_, true) => Place::Columns(columns),
            (_, false) if dialect.deprecate_eof => Place::Rows,
            (_, false) => Place::ColumnsEnd,
        };
        Some(Step::More)
    }

    fn prepared(&mut self, place: Place, packet: &Packets, dialect: Dialect) -> Option<Step> {
        let left = match place {
            Place::Start => {
                let head = packet.head();
                if head.first() != Some(&OK) {
                    return None;
                }
                // After the status byte and the four-byte statement id.
                let lists = [two_bytes(head, 5)?, two_bytes(head, 7)?];
                let ends = if dialect.deprecate_eof { 0 } else { 1 };
                lists
                    .into_iter()
                    .filter(|length| *length > 0)
                    .map(|length| u64::from(length) + ends)
                    .sum()
            }
            Place::Skip(left) => left - 1,
            _ => return None,
        };
        if left == 0 {
            return Some(Step::Done(None));
        }
        self.place = Place::Skip(left);
        Some(Step::More)
    }

    fn row(&mut self, packet: &Packets, dialect: Dialect) -> Option<Step> {
        // A row may begin with 0xfe as well: the length of a value of 16 MB and more.
        let longest_end = if dialect.deprecate_eof { u64::from(FULL) } else { 9 };
        if packet.head().first() == Some(&END) && packet.length() < longest_end {
            return self.end_of_result(status(packet)?);
        }
        Some(Step::More)
    }

    fn end_of_result(&mut self, status: u16) -> Option<Step> {
        self.place = Place::Start;
        Some(if status & MORE_RESULTS != 0 {
            Step::More
        } else {
            Step::Done(Some(status & IN_TRANSACTION != 0))
        })
    }
}

/// The status flags of an OK packet (also under its 0xfe header) or an EOF packet.
fn status(packet: &Packets) -> Option<u16> {
    let head = packet.head();
    if head.first() == Some(&END) && packet.length() <= 5 {
        return two_bytes(head, 3);
    }
    let (_affected, next) = length_encoded(head, 1)?;
    let (_last_insert, next) = length_encoded(head, next)?;
    two_bytes(head, next)
}
