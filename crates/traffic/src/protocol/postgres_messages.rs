//! The message layer of the PostgreSQL protocol (PostgreSQL manual, "Message Formats").

/// The longest message that is believed; servers refuse longer ones.
const LONGEST: u32 = 0x4000_0000;

/// The longest startup packet a server reads.
const LONGEST_STARTUP: u32 = 10_000;

/// Cuts one direction of a running session into messages: one byte for the kind, four for the length of the rest.
#[derive(Debug, Default)]
pub(super) struct Messages {
    header: [u8; 5],
    have: usize,
    left: u32,
    first: Option<u8>,
}

/// A message that has gone by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Message {
    pub(super) kind: u8,
    /// The first byte of its body.
    pub(super) first: Option<u8>,
}

impl Messages {
    /// Takes bytes up to the end of the current message. Returns how many were taken and, if it is complete,
    /// the message. A length that cannot be is an error.
    pub(super) fn feed(&mut self, bytes: &[u8]) -> Result<(usize, Option<Message>), ImpossibleLength> {
        let mut at = 0;
        while self.have < 5 {
            let Some(byte) = bytes.get(at) else {
                return Ok((at, None));
            };
            self.header[self.have] = *byte;
            self.have += 1;
            at += 1;
            if self.have == 5 {
                let [_, a, b, c, d] = self.header;
                let length = u32::from_be_bytes([a, b, c, d]);
                if !(4..=LONGEST).contains(&length) {
                    return Err(ImpossibleLength);
                }
                self.left = length - 4;
                self.first = None;
            }
        }
        let rest = &bytes[at..];
        let taken = rest.len().min(self.left as usize);
        if taken > 0 {
            self.first = self.first.or(Some(rest[0]));
            at += taken;
            self.left -= u32::try_from(taken).map_err(|_| ImpossibleLength)?;
        }
        if self.left > 0 {
            return Ok((at, None));
        }
        self.have = 0;
        Ok((
            at,
            Some(Message {
                kind: self.header[0],
                first: self.first,
            }),
        ))
    }

    /// Whether the next byte starts a message.
    pub(super) fn at_boundary(&self) -> bool {
        self.have == 0
    }
}

/// A message whose length no server accepts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ImpossibleLength;

/// What a client's first packet asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Opening {
    /// TLS or GSSAPI encryption; the server answers with one byte.
    Encryption,
    /// To cancel what another session is doing.
    Cancel,
    /// A session; `replication` if it is to be one of a replica.
    Session { replication: bool },
}

const SSL_REQUEST: u32 = 80_877_103;
const GSSENC_REQUEST: u32 = 80_877_104;
pub(super) const CANCEL_REQUEST: u32 = 80_877_102;

/// Reads a startup packet: a length, a code, and for a session names and values, each ended by a zero byte.
#[derive(Debug, Default)]
pub(super) struct Startup {
    header: [u8; 8],
    have: usize,
    left: usize,
    word: Vec<u8>,
    is_value: bool,
    names_replication: bool,
    replication: bool,
}

impl Startup {
    /// Takes bytes up to the end of the packet; as [`Messages::feed`].
    pub(super) fn feed(&mut self, bytes: &[u8]) -> Result<(usize, Option<Opening>), ImpossibleLength> {
        let mut at = 0;
        while self.have < 8 {
            let Some(byte) = bytes.get(at) else {
                return Ok((at, None));
            };
            self.header[self.have] = *byte;
            self.have += 1;
            at += 1;
            if self.have == 8 {
                let (length, _) = split(self.header);
                if !(8..=LONGEST_STARTUP).contains(&length) {
                    return Err(ImpossibleLength);
                }
                self.left = length as usize - 8;
            }
        }
        let taken = self.left.min(bytes.len() - at);
        for byte in &bytes[at..at + taken] {
            self.parameter_byte(*byte);
        }
        at += taken;
        self.left -= taken;
        if self.left > 0 {
            return Ok((at, None));
        }
        let opening = match split(self.header).1 {
            SSL_REQUEST | GSSENC_REQUEST => Opening::Encryption,
            CANCEL_REQUEST => Opening::Cancel,
            code if code >> 16 == 3 => Opening::Session {
                replication: self.replication,
            },
            _ => return Err(ImpossibleLength),
        };
        Ok((at, Some(opening)))
    }

    fn parameter_byte(&mut self, byte: u8) {
        // One byte more than the longest word that means anything here, so that a longer one never matches.
        const LONGEST_WORD: usize = "replication".len() + 1;
        if byte != 0 {
            if self.word.len() < LONGEST_WORD {
                self.word.push(byte);
            }
            return;
        }
        if self.is_value {
            let off = [
                &b"false"[..],
                b"off",
                b"no",
                b"0",
                b"f",
                b"n",
                b"of",
                b"fals",
                b"fal",
                b"fa",
            ];
            self.replication |= self.names_replication && !off.contains(&self.word.as_slice());
        } else {
            self.names_replication = self.word == b"replication";
        }
        self.is_value = !self.is_value;
        self.word.clear();
    }
}

/// Length and code of a startup packet.
pub(super) fn split(header: [u8; 8]) -> (u32, u32) {
    let [a, b, c, d, e, f, g, h] = header;
    (u32::from_be_bytes([a, b, c, d]), u32::from_be_bytes([e, f, g, h]))
}
