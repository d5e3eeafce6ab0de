//! PostgreSQL conversations, message by message as the manual writes them.

use proptest::prelude::*;

use super::activity::Activity::{Busy, Idle, Opaque};
use super::activity::Take;
use super::cancel_request_length;
use super::conversation::Said::{Client, Server, Then};
use super::conversation::{Said, check, replay};
use super::session::{Protocol, Session};

fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len() + 4).unwrap().to_be_bytes();
    [&[kind], &length[..], body].concat()
}

fn messages(list: &[(u8, &[u8])]) -> Vec<u8> {
    list.iter()
        .flat_map(|(kind, body)| message(*kind, body))
        .collect()
}

fn request(code: u32, rest: &[u8]) -> Vec<u8> {
    let length = u32::try_from(rest.len() + 8).unwrap().to_be_bytes();
    [&length[..], &code.to_be_bytes(), rest].concat()
}

fn startup(parameters: &[u8]) -> Said {
    Client(request(0x0003_0000, parameters))
}

const SSL: u32 = 80_877_103;
const GSSENC: u32 = 80_877_104;
const CANCEL: u32 = 80_877_102;

fn ready(status: u8) -> Said {
    Server(message(b'Z', &[status]))
}

fn logged_in() -> Vec<Said> {
    vec![
        startup(b"user\0app\0database\0shop\0application_name\0replication\0\0"),
        Then(Idle),
        Server(message(b'R', &[0, 0, 0, 10])),
        Client(message(b'p', b"SCRAM-SHA-256\0")),
        Server(messages(&[
            (b'R', &[0; 4]),
            (b'S', b"TimeZone\0UTC\0"),
            (b'K', &[0, 0, 0, 9, 1, 2, 3, 4]),
        ])),
        Then(Idle),
        ready(b'I'),
        Then(Idle),
    ]
}

fn with(rest: Vec<Said>) -> Vec<Said> {
    logged_in().into_iter().chain(rest).collect()
}

fn query(text: &[u8]) -> Said {
    Client(message(b'Q', text))
}

const EXTENDED: &[(u8, &[u8])] = &[
    (b'P', b"\0select 1\0\0\0"),
    (b'B', b"\0\0\0\0\0\0\0\0"),
    (b'D', b"P\0"),
    (b'E', b"\0\0\0\0\0"),
];

#[test]
fn a_transaction_is_busy_from_its_begin_to_the_answer_of_its_commit() {
    let conversation = with(vec![
        query(b"begin\0"),
        Then(Busy),
        Server(message(b'C', b"BEGIN\0")),
        Then(Busy),
        ready(b'T'),
        Then(Busy),
        query(b"nonsense\0"),
        Server(message(b'E', b"SERROR\0\0")),
        ready(b'E'),
        Then(Busy),
        query(b"rollback\0"),
        ready(b'I'),
        Then(Idle),
        Server(message(b'A', b"\0\0\0\x09news\0\0")),
        Then(Idle),
    ]);
    check(Protocol::Postgres, &conversation);
}

#[test]
fn the_extended_protocol_is_busy_up_to_the_answer_of_its_sync() {
    let conversation = with(vec![
        Client(messages(EXTENDED)),
        Then(Busy),
        Client(message(b'H', b"")),
        Server(messages(&[
            (b'1', b""),
            (b'2', b""),
            (b'T', b"\0\0"),
            (b'D', b"\0\0"),
            (b'C', b"SELECT 1\0"),
        ])),
        Then(Busy),
        Client(message(b'S', b"")),
        Then(Busy),
        ready(b'I'),
        Then(Idle),
    ]);
    check(Protocol::Postgres, &conversation);
}

#[test]
fn pipelined_syncs_are_counted_and_can_be_taken_one_by_one() {
    let batch = [messages(EXTENDED), message(b'S', b"")].concat();
    let two = [batch.clone(), batch.clone()].concat();
    let conversation = with(vec![
        Client(two.clone()),
        ready(b'I'),
        Then(Busy),
        ready(b'I'),
        Then(Idle),
    ]);
    let mut session = check(Protocol::Postgres, &conversation);
    let mut taken = 0;
    while taken == 0 || session.wants_client() {
        taken += session.client_sent(&two[taken..], Take::OneCommand);
    }
    assert_eq!(taken, batch.len());
}

#[test]
fn copy_into_the_server() {
    let conversation = with(vec![
        query(b"copy t from stdin\0"),
        Server(message(b'G', &[0, 0, 0])),
        Then(Busy),
        Client(messages(&[(b'd', b"1\n"), (b'd', b"2\n")])),
        Then(Busy),
        Client(message(b'c', b"")),
        Then(Busy),
        Server(message(b'C', b"COPY 2\0")),
        ready(b'I'),
        Then(Idle),
    ]);
    check(Protocol::Postgres, &conversation);
}

#[test]
fn the_sync_sent_before_a_copy_is_ignored_by_the_server() {
    let conversation = with(vec![
        Client([messages(EXTENDED), message(b'S', b"")].concat()),
        Server(messages(&[(b'1', b""), (b'2', b""), (b'G', &[0, 0, 0])])),
        Client(messages(&[(b'd', b"1\n"), (b'c', b""), (b'S', b"")])),
        Then(Busy),
        Server(message(b'C', b"COPY 1\0")),
        ready(b'I'),
        Then(Idle),
    ]);
    check(Protocol::Postgres, &conversation);
}

#[test]
fn a_copy_that_fails_takes_the_rest_of_the_data_with_it() {
    let conversation = with(vec![
        query(b"copy t from stdin\0"),
        Server(message(b'G', &[0, 0, 0])),
        Client(message(b'd', b"x\n")),
        Server(message(b'E', b"SERROR\0\0")),
        ready(b'I'),
        Client(messages(&[(b'd', b"y\n"), (b'c', b"")])),
        Then(Idle),
    ]);
    check(Protocol::Postgres, &conversation);
}

#[test]
fn encryption_is_opaque_once_the_server_agrees() {
    for code in [SSL, GSSENC] {
        let agreed = [
            Client(request(code, b"")),
            Then(Idle),
            Server(b"S".to_vec()),
            Then(Opaque),
        ];
        check(Protocol::Postgres, &agreed);
        let refused = [Client(request(code, b"")), Server(b"N".to_vec()), Then(Idle)];
        let conversation: Vec<_> = refused.into_iter().chain(logged_in()).collect();
        check(Protocol::Postgres, &conversation);
    }
    let direct = [
        Client(b"\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03".to_vec()),
        Then(Opaque),
    ];
    check(Protocol::Postgres, &direct);
}

#[test]
fn what_cannot_be_read_is_opaque() {
    let replication = |value: &[u8]| startup(&[b"user\0r\0replication\0", value, b"\0\0"].concat());
    check(Protocol::Postgres, &[replication(b"true"), Then(Opaque)]);
    check(Protocol::Postgres, &[replication(b"database"), Then(Opaque)]);
    check(Protocol::Postgres, &[replication(b"false"), Then(Idle)]);
    check(
        Protocol::Postgres,
        &[Client(request(0x0002_0000, b"")), Then(Opaque)],
    );
    check(Protocol::Postgres, &with(vec![ready(b'I'), Then(Opaque)]));
    check(
        Protocol::Postgres,
        &with(vec![query(b"x\0"), ready(b'?'), Then(Opaque)]),
    );
    check(
        Protocol::Postgres,
        &with(vec![Client(message(b'~', b"")), Then(Opaque)]),
    );
    check(
        Protocol::Postgres,
        &with(vec![Client(vec![b'Q', 0, 0, 0, 3]), Then(Opaque)]),
    );
    check(
        Protocol::Postgres,
        &with(vec![Client(vec![b'Q', 0xff, 0, 0, 0]), Then(Opaque)]),
    );
}

#[test]
fn cancel_requests_are_told_by_their_first_eight_bytes() {
    let header = |bytes: Vec<u8>| <[u8; 8]>::try_from(&bytes[..8]).unwrap();
    assert_eq!(cancel_request_length(header(request(CANCEL, &[0; 8]))), Some(16));
    assert_eq!(cancel_request_length(header(request(CANCEL, &[0; 36]))), Some(44));
    assert_eq!(cancel_request_length(header(request(CANCEL, &[0; 9000]))), None);
    assert_eq!(cancel_request_length(header(request(SSL, b""))), None);
}

#[test]
fn a_farewell_comes_only_between_two_messages() {
    let session = check(Protocol::Postgres, &logged_in());
    let farewell = session.farewell("moved").unwrap();
    assert_eq!(farewell, message(b'E', b"SFATAL\0VFATAL\0C57P01\0Mmoved\0\0"));
    let session = check(
        Protocol::Postgres,
        &with(vec![query(b"x\0"), Server(vec![b'D', 0, 0])]),
    );
    assert_eq!(session.farewell("moved"), None);
}

fn long_conversation() -> Vec<Said> {
    with(vec![
        query(b"begin\0"),
        Server(message(b'C', b"BEGIN\0")),
        ready(b'T'),
        Then(Busy),
        Client([messages(EXTENDED), message(b'S', b"")].concat()),
        Server(messages(&[(b'1', b""), (b'2', b""), (b'G', &[0, 0, 0])])),
        Client(messages(&[(b'd', b"1\n"), (b'c', b""), (b'S', b"")])),
        Server(message(b'C', b"COPY 1\0")),
        ready(b'T'),
        query(b"commit\0"),
        Then(Busy),
        ready(b'I'),
        Then(Idle),
    ])
}

proptest! {
    #[test]
    fn splits_do_not_matter(splits in prop::collection::vec(1usize..40, 1..20)) {
        replay(Protocol::Postgres, &long_conversation(), &splits);
    }

    #[test]
    fn no_bytes_make_it_panic(
        prefix in 0usize..20,
        chunks in prop::collection::vec((any::<bool>(), prop::collection::vec(any::<u8>(), 0..60)), 0..30),
    ) {
        let mut session = Session::new(Protocol::Postgres);
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
