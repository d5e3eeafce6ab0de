//! The packet layer of the MySQL protocol.
//!
//! A packet is a 3-byte length, a sequence number and the payload; a payload of 16 MB - 1 goes on in the next
//! packet (MySQL source documentation, "MySQL Packets").

/// The length of a payload that goes on in the next packet.
pub(super) const FULL: u32 = 0x00ff_ffff;

/// How much of a payload is kept: a greeting's server version, capability flags and what stands between them.
const GREETING: usize = 300;

/// How much of any other payload is kept: the widest OK packet up to its status flags, and a login's flags.
const HEAD: usize = 32;

/// Cuts one direction of a connection into payloads and keeps the first bytes of the one it is in.
#[derive(Debug)]
pub(super) struct Packets {
    header: [u8; 4],
    have: usize,
    left: usize,
    continued: bool,
    sequence: u8,
    length: u64,
    head: Vec<u8>,
    keep: usize,
}

impl Default for Packets {
    fn default() -> Self {
        Self {
            header: [0; 4],
            have: 0,
            left: 0,
            continued: false,
            sequence: 0,
            length: 0,
            head: Vec::new(),
            keep: GREETING,
        }
    }
}

impl Packets {
    /// Takes bytes up to the end of the current payload. Returns how many were taken and whether the payload
    /// is complete; the other methods then describe it until the next call.
    pub(super) fn feed(&mut self, bytes: &[u8]) -> (usize, bool) {
        let mut at = 0;
        loop {
            while self.have < 4 {
                let Some(byte) = bytes.get(at) else {
                    return (at, false);
                };
                self.header[self.have] = *byte;
                self.have += 1;
                at += 1;
                if self.have == 4 {
                    self.start_payload();
                }
            }
            let taken = self.left.min(bytes.len() - at);
            let room = self.keep.saturating_sub(self.head.len()).min(taken);
            self.head.extend_from_slice(&bytes[at..at + room]);
            at += taken;
            self.left -= taken;
            if self.left > 0 {
                return (at, false);
            }
            self.have = 0;
            if !self.continued {
                return (at, true);
            }
        }
    }

    fn start_payload(&mut self) {
        let [a, b, c, sequence] = self.header;
        let length = u32::from_le_bytes([a, b, c, 0]);
        if !self.continued {
            self.sequence = sequence;
            self.length = 0;
            self.head.clear();
        }
        self.length += u64::from(length);
        self.left = length as usize;
        self.continued = length == FULL;
    }

    /// From here on payloads are commands and answers, of which less is kept than of a greeting.
    pub(super) fn greeted(&mut self) {
        self.keep = HEAD;
    }

    /// Whether the next byte starts a payload.
    pub(super) fn at_boundary(&self) -> bool {
        self.have == 0 && !self.continued
    }

    /// The first bytes of the payload.
    pub(super) fn head(&self) -> &[u8] {
        &self.head
    }

    /// The whole length of the payload in bytes, over all its packets.
    pub(super) fn length(&self) -> u64 {
        self.length
    }

    /// The sequence number of the payload's first packet.
    pub(super) fn sequence(&self) -> u8 {
        self.sequence
    }
}

/// A length-encoded integer at `at`, and where the next field starts.
pub(super) fn length_encoded(payload: &[u8], at: usize) -> Option<(u64, usize)> {
    let first = *payload.get(at)?;
    let width = match first {
        0..=0xfa => return Some((u64::from(first), at + 1)),
        0xfc => 2,
        0xfd => 3,
        0xfe => 8,
        0xfb | 0xff => return None,
    };
    let bytes = payload.get(at + 1..at + 1 + width)?;
    let value = bytes
        .iter()
        .rev()
        .fold(0, |value, byte| value << 8 | u64::from(*byte));
    Some((value, at + 1 + width))
}

/// A two-byte integer at `at`.
pub(super) fn two_bytes(payload: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(payload.get(at..at + 2)?.try_into().ok()?))
}

/// A four-byte integer at `at`.
pub(super) fn four_bytes(payload: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(payload.get(at..at + 4)?.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_payload_of_sixteen_megabytes_goes_on_in_the_next_packet() {
        let mut stream = vec![0xff, 0xff, 0xff, 0];
        stream.extend(vec![7; FULL as usize]);
        stream.extend([2, 0, 0, 1, 8, 9]);
        stream.extend([1, 0, 0, 0, 5]);
        let mut packets = Packets::default();
        packets.greeted();
        let (taken, complete) = packets.feed(&stream);
        assert!(complete);
        assert_eq!(packets.length(), u64::from(FULL) + 2);
        assert_eq!(packets.head(), [7; HEAD]);
        assert!(packets.at_boundary());
        assert_eq!(packets.feed(&stream[taken..]), (5, true));
        assert_eq!(packets.head(), [5]);
    }

    #[test]
    fn a_payload_of_exactly_sixteen_megabytes_ends_with_an_empty_packet() {
        let mut stream = vec![0xff, 0xff, 0xff, 0];
        stream.extend(vec![7; FULL as usize]);
        let mut packets = Packets::default();
        assert_eq!(packets.feed(&stream), (stream.len(), false));
        assert!(!packets.at_boundary());
        assert_eq!(packets.feed(&[0, 0, 0, 1]), (4, true));
        assert_eq!(packets.length(), u64::from(FULL));
    }

    #[test]
    fn length_encoded_integers() {
        assert_eq!(length_encoded(&[250], 0), Some((250, 1)));
        assert_eq!(length_encoded(&[0xfc, 1, 2], 0), Some((0x201, 3)));
        assert_eq!(length_encoded(&[9, 0xfd, 1, 2, 3], 1), Some((0x03_0201, 5)));
        assert_eq!(
            length_encoded(&[0xfe, 1, 0, 0, 0, 0, 0, 0, 1], 0),
            Some((0x0100_0000_0000_0001, 9))
        );
        assert_eq!(length_encoded(&[0xfc, 1], 0), None);
        assert_eq!(length_encoded(&[0xfb], 0), None);
    }
}
