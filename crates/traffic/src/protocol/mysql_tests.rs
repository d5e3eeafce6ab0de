//! MySQL conversations, packet by packet as the protocol's documentation writes them.

use proptest::prelude::*;

use super::activity::Activity::{Busy, Idle, Opaque};
use super::activity::Take;
use super::conversation::Said::{Client, Server, Then};
use super::conversation::{Said, check, replay};
use super::session::{Protocol, Session};

const PROTOCOL_41: u32 = 1 << 9;
const DEPRECATE_EOF: u32 = 1 << 24;
const IN_TRANSACTION: u8 = 1;
const MORE: u8 = 8;
const CURSOR: u8 = 0x40;

fn packet(sequence: u8, payload: &[u8]) -> Vec<u8> {
    let [a, b, c, _] = u32::try_from(payload.len()).unwrap().to_le_bytes();
    [&[a, b, c, sequence], payload].concat()
}

fn packets(payloads: &[&[u8]]) -> Vec<u8> {
    payloads
        .iter()
        .zip(1..)
        .flat_map(|(payload, sequence)| packet(sequence, payload))
        .collect()
}

fn command(code: u8, rest: &[u8]) -> Said {
    Client(packet(0, &[&[code], rest].concat()))
}

fn greeting(flags: u32) -> Vec<u8> {
    let [a, b, c, d] = flags.to_le_bytes();
    let mut payload = [
        &[10],
        &b"9.7.4-of-some-vendor\0"[..],
        &[7, 0, 0, 0],
        b"12345678",
        &[0],
        &[a, b],
    ]
    .concat();
    payload.extend([45, 2, 0, c, d, 21]);
    payload.extend([0; 10]);
    payload.extend(b"123456789012\0caching_sha2_password\0");
    packet(0, &payload)
}

fn login(flags: u32) -> Vec<u8> {
    let mut payload = flags.to_le_bytes().to_vec();
    payload.extend([0, 0, 0, 1, 45]);
    payload.extend([0; 23]);
    payload.extend(b"app\0\x04abcdshop\0");
    packet(1, &payload)
}

/// Login with these flags, by a method that takes another round.
fn logged_in(flags: u32) -> Vec<Said> {
    vec![
        Server(greeting(0xffff_ffff)),
        Then(Idle),
        Client(login(flags | PROTOCOL_41 | 1)),
        Server(packet(2, b"\xfecaching_sha2_password\0salt\0")),
        Client(packet(3, b"scrambled")),
        Server(packet(4, &[1, 3])),
        Then(Idle),
        Server(packet(5, &[0, 0, 0, 2, 0, 0, 0])),
        Then(Idle),
    ]
}

fn ok(status: u8) -> [u8; 7] {
    [0, 0, 0, status, 0, 0, 0]
}

fn ok_after_rows(status: u8) -> [u8; 7] {
    [0xfe, 0, 0, status, 0, 0, 0]
}

fn eof(status: u8) -> [u8; 5] {
    [0xfe, 0, 0, status, 0]
}

const COLUMN: &[u8] = b"\x03def\x04shop\x01t\x01t\x02id\x02id\x0c";
const ERROR: &[u8] = b"\xff\x28\x04#42000You have an error";
const DEADLOCK: &[u8] = b"\xff\xbd\x04#40001Deadlock found";

fn with(flags: u32, rest: Vec<Said>) -> Vec<Said> {
    logged_in(flags).into_iter().chain(rest).collect()
}

#[test]
fn a_transaction_is_busy_from_its_begin_to_the_answer_of_its_commit() {
    let conversation = with(
        0,
        vec![
            command(3, b"begin"),
            Then(Busy),
            Server(packets(&[&ok(IN_TRANSACTION)])),
            Then(Busy),
            command(3, b"select id from t"),
            Server(packets(&[
                &[1],
                COLUMN,
                &eof(IN_TRANSACTION),
                b"\x0242",
                &[0xfb],
                &eof(IN_TRANSACTION),
            ])),
            Then(Busy),
            command(3, b"commit"),
            Then(Busy),
            Server(packets(&[&ok(0)])),
            Then(Idle),
        ],
    );
    check(Protocol::MySql, &conversation);
}

#[test]
fn results_without_the_deprecated_eof() {
    let rows: &[&[u8]] = &[
        &[2],
        COLUMN,
        COLUMN,
        b"\x011\xfb",
        &ok_after_rows(MORE),
        &ok(MORE),
        &[1],
        COLUMN,
    ];
    let conversation = with(
        DEPRECATE_EOF,
        vec![
            command(3, b"call two_results()"),
            Server(packets(rows)),
            Then(Busy),
            Server(packets(&[b"\x011", &ok_after_rows(MORE), &ok(0)])),
            Then(Idle),
        ],
    );
    check(Protocol::MySql, &conversation);
}

#[test]
fn a_row_that_begins_with_a_value_of_sixteen_megabytes_is_not_the_end() {
    let mut row = vec![0xff, 0xff, 0xff, 3, 0xfe, 0, 0, 0, 1, 0, 0, 0, 0];
    row.extend(vec![b'x'; 0x00ff_ffff - 9]);
    row.extend(packet(4, &[b'x'; 10]));
    for flags in [0, DEPRECATE_EOF] {
        let head = if flags == 0 {
            packets(&[&[1], COLUMN, &eof(0)])
        } else {
            packets(&[&[1], COLUMN])
        };
        let end = if flags == 0 {
            packets(&[&eof(0)])
        } else {
            packets(&[&ok_after_rows(0)])
        };
        let conversation = with(
            flags,
            vec![
                command(3, b"select document from t"),
                Server(head),
                Server(row.clone()),
                Then(Busy),
                Server(end),
                Then(Idle),
            ],
        );
        replay(Protocol::MySql, &conversation, &[60_000, 7]);
    }
}

#[test]
fn an_error_leaves_the_transaction_open_and_a_deadlock_ends_it() {
    let conversation = with(
        0,
        vec![
            command(3, b"nonsense"),
            Server(packets(&[ERROR])),
            Then(Idle),
            command(3, b"begin"),
            Server(packets(&[&ok(IN_TRANSACTION)])),
            command(3, b"nonsense"),
            Server(packets(&[ERROR])),
            Then(Busy),
            command(3, b"update t set id = 1"),
            Server(packets(&[
                b"\xff\xff\xff\x01\x02\x05a progress report of MariaDB's",
            ])),
            Then(Busy),
            Server(packets(&[DEADLOCK])),
            Then(Idle),
        ],
    );
    check(Protocol::MySql, &conversation);
}

#[test]
fn a_file_for_load_data() {
    let conversation = with(
        0,
        vec![
            command(3, b"load data local infile 'x' into table t"),
            Server(packet(1, b"\xfbx")),
            Then(Busy),
            Client(packet(2, b"1\n2\n")),
            Then(Busy),
            Client(packet(3, b"")),
            Then(Busy),
            Server(packet(4, &ok(0))),
            Then(Idle),
        ],
    );
    check(Protocol::MySql, &conversation);
}

#[test]
fn prepared_statements() {
    let prepared: &[u8] = &[0, 1, 0, 0, 0, 1, 0, 2, 0, 0, 0, 0];
    let binary_row: &[u8] = b"\0\0\x2a\0\0\0";
    for flags in [0, DEPRECATE_EOF] {
        let (definitions, rows): (Vec<u8>, Vec<u8>) = if flags == 0 {
            (
                packets(&[prepared, COLUMN, COLUMN, &eof(0), COLUMN, &eof(0)]),
                packets(&[&[1], COLUMN, &eof(0), binary_row, &eof(0)]),
            )
        } else {
            (
                packets(&[prepared, COLUMN, COLUMN, COLUMN]),
                packets(&[&[1], COLUMN, binary_row, &ok_after_rows(0)]),
            )
        };
        let conversation = with(
            flags,
            vec![
                command(0x16, b"select id from t where id > ? and id < ?"),
                Server(definitions[..definitions.len() - 1].to_vec()),
                Then(Busy),
                Server(definitions[definitions.len() - 1..].to_vec()),
                Then(Idle),
                command(0x18, &[1, 0, 0, 0, 0, 0, b'x']),
                Then(Idle),
                command(0x17, &[1, 0, 0, 0, 0, 1, 0, 0, 0]),
                Then(Busy),
                Server(rows),
                Then(Idle),
                command(0x19, &[1, 0, 0, 0]),
                Then(Idle),
                command(0x16, b"insert into t values ()"),
                Server(packets(&[&[0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]])),
                Then(Idle),
            ],
        );
        check(Protocol::MySql, &conversation);
    }
}

#[test]
fn cursors() {
    for (flags, opened) in [
        (0, packets(&[&[1], COLUMN, &eof(CURSOR)])),
        (DEPRECATE_EOF, packets(&[&[1], COLUMN, &ok_after_rows(CURSOR)])),
    ] {
        let end = if flags == 0 {
            packets(&[b"\0\0\x2a", &eof(0)])
        } else {
            packets(&[b"\0\0\x2a", &ok_after_rows(0)])
        };
        let conversation = with(
            flags,
            vec![
                command(0x17, &[1, 0, 0, 0, 1, 1, 0, 0, 0]),
                Server(opened),
                Then(Idle),
                command(0x1c, &[1, 0, 0, 0, 10, 0, 0, 0]),
                Then(Busy),
                Server(end),
                Then(Idle),
            ],
        );
        check(Protocol::MySql, &conversation);
    }
}

#[test]
fn commands_of_every_shape() {
    let conversation = with(
        0,
        vec![
            command(0x0e, b""),
            Then(Busy),
            Server(packets(&[&ok(0)])),
            Then(Idle),
            command(0x09, b""),
            Server(packets(&[b"Uptime: 12  Threads: 2"])),
            Then(Idle),
            command(0x1b, &[1, 0]),
            Server(packets(&[&eof(0)])),
            Then(Idle),
            command(0x04, b"t\0%"),
            Server(packets(&[COLUMN, COLUMN, &eof(0)])),
            Then(Idle),
            command(0x11, b"other\0\0shop\0"),
            Then(Busy),
            Server(packet(1, b"\xfemysql_native_password\0salt")),
            Client(packet(2, b"\x03scrambled")),
            Then(Busy),
            Server(packet(3, &ok(0))),
            Then(Idle),
            command(0x1f, b""),
            Server(packets(&[&ok(0)])),
            Then(Idle),
            command(0x01, b""),
            Then(Idle),
        ],
    );
    check(Protocol::MySql, &conversation);
}

#[test]
fn pipelined_commands_are_counted_and_can_be_taken_one_by_one() {
    let two = [
        packet(0, b"\x03insert into t values (1)"),
        packet(0, b"\x03insert into t values (2)"),
    ];
    let conversation = with(
        0,
        vec![
            Client(two.concat()),
            Then(Busy),
            Server(packets(&[&ok(0)])),
            Then(Busy),
            Server(packets(&[&ok(0)])),
            Then(Idle),
        ],
    );
    let mut session = check(Protocol::MySql, &conversation);
    assert_eq!(session.client_sent(&two.concat(), Take::OneCommand), two[0].len());
    assert!(!session.wants_client(), "the server owes an answer");
    session.server_sent(&packets(&[&ok(IN_TRANSACTION)]));
    assert!(session.wants_client(), "the transaction is open");
}

#[test]
fn half_a_command_is_busy_and_wants_its_rest() {
    let whole = packet(0, b"\x03commit");
    let session = check(
        Protocol::MySql,
        &with(0, vec![Client(whole[..6].to_vec()), Then(Busy)]),
    );
    assert!(session.wants_client());
}

#[test]
fn what_cannot_be_read_is_opaque() {
    let ssl = 1 << 11;
    let mut ssl_request = (ssl | PROTOCOL_41).to_le_bytes().to_vec();
    ssl_request.extend([0; 28]);
    for client in [
        packet(1, &ssl_request),
        login(PROTOCOL_41 | 1 << 5),
        login(PROTOCOL_41 | 1 << 26),
        login(PROTOCOL_41 | 1 << 25),
        login(0),
    ] {
        check(
            Protocol::MySql,
            &[Server(greeting(0xffff_ffff)), Client(client), Then(Opaque)],
        );
    }
    for code in [0x12, 0x1e, 0x13, 0x20, 0xfe, 0x77] {
        check(Protocol::MySql, &with(0, vec![command(code, b"x"), Then(Opaque)]));
    }
    // An answer that no server gives, and a word out of turn.
    check(
        Protocol::MySql,
        &with(
            0,
            vec![command(0x0e, b""), Server(packet(1, b"\x07")), Then(Opaque)],
        ),
    );
    check(
        Protocol::MySql,
        &with(0, vec![Server(packet(1, &ok(0))), Then(Opaque)]),
    );
}

#[test]
fn a_server_that_says_goodbye_unasked_is_no_riddle() {
    check(
        Protocol::MySql,
        &with(
            0,
            vec![Server(packet(0, b"\xff\xbf\x0f#HY000idle too long")), Then(Idle)],
        ),
    );
}

fn long_conversation() -> Vec<Said> {
    with(
        DEPRECATE_EOF,
        vec![
            command(3, b"begin"),
            Server(packets(&[&ok(IN_TRANSACTION)])),
            command(3, b"select id from t"),
            Server(packets(&[
                &[1],
                COLUMN,
                b"\x0242",
                &ok_after_rows(IN_TRANSACTION),
            ])),
            Then(Busy),
            command(0x16, b"update t set id = ?"),
            Server(packets(&[&[0, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0], COLUMN])),
            command(0x17, &[1, 0, 0, 0, 0, 1, 0, 0, 0]),
            Server(packets(&[ERROR])),
            Then(Busy),
            command(3, b"rollback"),
            Server(packets(&[&ok(0)])),
            Then(Idle),
        ],
    )
}

proptest! {
    #[test]
    fn splits_do_not_matter(splits in prop::collection::vec(1usize..40, 1..20)) {
        replay(Protocol::MySql, &long_conversation(), &splits);
    }

    #[test]
    fn no_bytes_make_it_panic(
        prefix in 0usize..14,
        chunks in prop::collection::vec((any::<bool>(), prop::collection::vec(any::<u8>(), 0..60)), 0..30),
    ) {
        let mut session = Session::new(Protocol::MySql);
        for said in long_conversation().iter().take(prefix) {
            match said {
                Client(bytes) => drop(session.client_sent(bytes, Take::Everything)),
                Server(bytes) => session.server_sent(bytes),
                Then(_) => {}
            }
        }
        for (from_client, bytes) in chunks {
            if from_client {
                let mut at = 0;
                while at < bytes.len() {
                    let taken = session.client_sent(&bytes[at..], Take::OneCommand);
                    prop_assert!(taken > 0 && taken <= bytes.len() - at);
                    at += taken;
                }
            } else {
                session.server_sent(&bytes);
            }
            let _ = (session.activity(), session.wants_client(), session.farewell("x"));
        }
    }
}
