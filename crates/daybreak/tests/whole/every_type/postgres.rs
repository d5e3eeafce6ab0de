//! PostgreSQL 13, 15, 17 and 18, and from 15 on what 13 has not.

use daybreak_sandbox::{Estate, EstateOptions, Login, Server, ServerKind, available};

use super::{
    Type, assert_all_found_by_key, assert_all_named, assert_same, check, filled, keyed, made, touched,
};
use crate::looking::{Looking, run};

/// Types since 13.
pub(crate) const TYPES: &[Type] = &[
    Type("small", "smallint", "-32768; 32767; 0; NULL"),
    Type("whole", "integer", "-2147483648; 2147483647; 0; NULL"),
    Type(
        "big",
        "bigint",
        "-9223372036854775808; 9223372036854775807; 9007199254740993; 9007199254740992; NULL",
    ),
    Type(
        "exact",
        "numeric",
        "0; 0.0; 1.5; 1.50; 'NaN'; -1e-30; 1e1000; NULL",
    ),
    Type("exact_scaled", "numeric(10, 2)", "0.01; -0.01; 'NaN'; NULL"),
    Type(
        "single",
        "real",
        "'0'; '-0'; '1e-40'; '2e-40'; 'NaN'; 'Infinity'; '-Infinity'; '16777216'; '16777215'; NULL",
    ),
    Type(
        "double",
        "double precision",
        "'0'; '-0'; '1e-320'; '2e-320'; 'NaN'; 'Infinity'; '-Infinity'; '0.1'; '0.10000000000000002'; NULL",
    ),
    Type("coins", "money", "'0'; '-12.34'; '12.34'; NULL"),
    Type("yes_no", "boolean", "true; false; NULL"),
    Type(
        "free_text",
        "text",
        "''; 'a'; 'a '; 'A'; 'ä'; U&'a\\0308'; '🌅'; '🌆'; repeat('x', 100000); repeat('x', 99999) || 'y'; NULL",
    ),
    Type(
        "limited_text",
        "varchar(20)",
        "''; 'a'; 'a '; E'a\\tb'; E'\\\\N'; NULL",
    ),
    Type("padded_text", "char(5)", "''; 'a'; 'ab'; NULL"),
    Type("text_by_bytes", "text COLLATE \"C\"", "'a'; 'B'; NULL"),
    Type("one_byte", "\"char\"", "'a'; 'b'; ''; NULL"),
    Type("name_", "name", "'a'; 'b'; ''; NULL"),
    Type(
        "bytes",
        "bytea",
        "''; '\\x00'; '\\x0000'; '\\x5c'; decode(repeat('00ff', 10000), 'hex'); decode(repeat('00ff', 9999) || '00fe', 'hex'); NULL",
    ),
    Type(
        "json_",
        "json",
        "'{\"a\": 1, \"b\": 2}'; '{\"b\": 2, \"a\": 1}'; '{\"a\":1,\"b\":2}'; 'null'; NULL",
    ),
    // Keys are put in order; what a number is is kept.
    Type(
        "jsonb_",
        "jsonb",
        "'{\"key\": 1, \"other\": 2}'; '{\"key\": 1, \"other\": 2.0}'; '[1, 2]'; '[2, 1]'; 'null'; '\"1\"'; '1'; NULL",
    ),
    Type("jsonpath_", "jsonpath", "'$.a'; '$.b'; NULL"),
    Type("xml_", "xml", "'<a/>'; '<a></a>'; '<a>ä</a>'; NULL"),
    Type(
        "day",
        "date",
        "'-infinity'; 'infinity'; '0044-03-15 BC'; '2026-11-25'; NULL",
    ),
    Type("hour", "time", "'00:00'; '24:00'; '00:00:00.000001'; NULL"),
    Type(
        "hour_somewhere",
        "timetz",
        "'00:00+00'; '01:00+01'; '23:59:59.999999+15:59'; NULL",
    ),
    Type(
        "at",
        "timestamp",
        "'2026-11-25 01:02:03.000001'; '2026-11-25 01:02:03.000002'; 'infinity'; '-infinity'; NULL",
    ),
    Type(
        "moment",
        "timestamptz",
        "'2026-11-25 01:02:03.000001+02'; '2026-11-25 01:02:03.000002+02'; '2026-11-25 01:02:03.000001+00'; 'infinity'; '-infinity'; NULL",
    ),
    Type(
        "moment_rounded",
        "timestamptz(3)",
        "'2026-10-25 00:30:00+00'; '2026-10-25 01:30:00+00'; NULL",
    ),
    Type(
        "span",
        "interval",
        "'1 mon'; '30 days'; '720:00:00'; '-1 year 2 days -03:04:05.000001'; '0'; NULL",
    ),
    Type(
        "bits",
        "bit(64)",
        "0::bigint::bit(64); 1::bigint::bit(64); (-1)::bigint::bit(64); NULL",
    ),
    Type("bits_varying", "varbit", "B''; B'0'; B'00'; NULL"),
    Type(
        "uuid_",
        "uuid",
        "'00000000-0000-0000-0000-000000000001'; '00000000-0000-0000-0000-000000000100'; NULL",
    ),
    Type("inet_", "inet", "'10.0.0.0'; '10.0.0.0/8'; '::1'; NULL"),
    Type("cidr_", "cidr", "'10.0.0.0/8'; '10.0.0.0/9'; '::/0'; NULL"),
    Type(
        "macaddr_",
        "macaddr",
        "'08:00:2b:01:02:03'; '08:00:2b:01:02:04'; NULL",
    ),
    Type(
        "macaddr8_",
        "macaddr8",
        "'08:00:2b:01:02:03:04:05'; '08:00:2b:01:02:03:04:06'; NULL",
    ),
    Type(
        "point_",
        "point",
        "'(0,0)'; '(-0,0)'; '(1,2)'; '(NaN,Infinity)'; NULL",
    ),
    Type("line_", "line", "'{1,2,3}'; '{1,2,4}'; NULL"),
    Type("lseg_", "lseg", "'[(0,0),(1,1)]'; '[(1,1),(0,0)]'; NULL"),
    Type("box_", "box", "'(1,1),(0,0)'; '(1,2),(0,0)'; NULL"),
    Type("path_", "path", "'[(0,0),(1,1)]'; '((0,0),(1,1))'; NULL"),
    Type(
        "polygon_",
        "polygon",
        "'((0,0),(1,1),(2,0))'; '((1,1),(2,0),(0,0))'; NULL",
    ),
    Type("circle_", "circle", "'<(1,2),3>'; '<(1,2),4>'; NULL"),
    Type("lexemes", "tsvector", "'a'; 'a:1'; 'a:1A'; ''; NULL"),
    Type("query", "tsquery", "'a & b'; 'a | b'; '!a'; NULL"),
    Type(
        "wholes",
        "int4range",
        "'empty'; '[1,5)'; '[1,6)'; '(,)'; '(,5)'; NULL",
    ),
    Type(
        "bigs",
        "int8range",
        "'empty'; '[1,9223372036854775807)'; '[1,)'; NULL",
    ),
    Type("numbers", "numrange", "'[1,2]'; '[1.0,2]'; '[1,2)'; NULL"),
    Type(
        "times",
        "tsrange",
        "'[2026-01-01,infinity]'; '[2026-01-01,)'; NULL",
    ),
    Type(
        "moments",
        "tstzrange",
        "'[2026-01-01 00:00+00,2026-01-02 00:00+00)'; '[2026-01-01 00:00+01,2026-01-02 00:00+00)'; NULL",
    ),
    Type(
        "days",
        "daterange",
        "'[2026-01-01,2026-01-02)'; '[2026-01-01,2026-01-03)'; NULL",
    ),
    Type("own_range", "floats", "'[-0,1]'; '[0,1]'; 'empty'; NULL"),
    Type(
        "whole_array",
        "integer[]",
        "'{}'; '{1}'; '[2:2]={1}'; '{NULL}'; '{{1}}'; NULL",
    ),
    Type(
        "text_array",
        "text[]",
        "'{}'; '{NULL}'; '{\"NULL\"}'; '{\"\"}'; '{\"a,b\"}'; '{a,b}'; NULL",
    ),
    Type(
        "moment_array",
        "timestamptz[]",
        "'{2026-11-25 01:02:03.000001+02}'; '{2026-11-25 01:02:03.000001+00}'; NULL",
    ),
    Type("double_array", "float8[]", "'{0}'; '{-0}'; '{NaN}'; NULL"),
    Type("composite", "pair", "'(1,a)'; '(1,)'; '(1,\"\")'; '(,)'; NULL"),
    Type("composite_array", "pair[]", "'{\"(1,a)\"}'; '{\"(1,)\"}'; NULL"),
    Type("one_of", "mood", "'sad'; 'it''s ok'; NULL"),
    Type("some_of", "mood[]", "'{sad}'; '{sad,sad}'; NULL"),
    Type("positive_", "positive", "1; 2; NULL"),
    Type("short_", "short", "'a'; 'a '; NULL"),
    Type(
        "pairs_by_key",
        "hstore",
        "''; 'k=>v'; 'k=>NULL'; 'k=>\"NULL\"'; NULL",
    ),
    Type("without_case", "citext", "'a'; 'A'; 'a '; NULL"),
    Type("position_", "pg_lsn", "'0/0'; '16/B374D848'; NULL"),
    Type("oid_", "oid", "0; 4294967295; NULL"),
    Type("relation", "regclass", "'pg_class'; 'pg_type'; NULL"),
    Type("kind", "regtype", "'integer'; 'text'; NULL"),
    Type("snapshot", "pg_snapshot", "'1:3:'; '1:3:2'; NULL"),
    Type("transaction_", "xid8", "'1'; '18446744073709551615'; NULL"),
];

/// Types and values since 14.
const NEWER: &[Type] = &[
    Type("endless", "numeric", "'Infinity'; '-Infinity'; 'NaN'; NULL"),
    Type(
        "several_wholes",
        "int4multirange",
        "'{}'; '{[1,3)}'; '{[1,3),[5,7)}'; NULL",
    ),
    Type(
        "several_moments",
        "tstzmultirange",
        "'{[2026-01-01 00:00+00,2026-01-02 00:00+00)}'; '{[2026-01-01 00:00+01,2026-01-02 00:00+00)}'; NULL",
    ),
];

/// Types that a key can be of.
const KEYS: &[Type] = &[
    Type("by_big", "bigint", "-9223372036854775808; 0; 9223372036854775807"),
    Type("by_exact", "numeric", "-1e-30; 0; 1.50; 'NaN'; 1e100"),
    Type("by_single", "real", "'1e-40'; '0.1'; 'NaN'; '-Infinity'"),
    Type(
        "by_double",
        "double precision",
        "'1e-320'; '0.1'; '0.10000000000000002'; 'NaN'; 'Infinity'",
    ),
    Type("by_money", "money", "'-12.34'; '0'; '12.34'"),
    Type("by_answer", "boolean", "true; false"),
    Type("by_text", "text", "''; 'a'; 'a '; 'A'; 'ä'; '🌅'; E'it''s\\\\'"),
    Type("by_padded_text", "char(5)", "''; 'a'; 'A'"),
    Type("by_name", "name", "'a'; 'B'"),
    Type("by_bytes", "bytea", "''; '\\x00'; '\\x5c27'"),
    Type("by_json", "jsonb", "'null'; '1'; '{\"a\": [1, null]}'"),
    Type("by_day", "date", "'-infinity'; '0044-03-15 BC'; 'infinity'"),
    Type("by_hour", "time", "'00:00'; '24:00'"),
    Type("by_hour_somewhere", "timetz", "'00:00+00'; '01:00+01'"),
    Type(
        "by_at",
        "timestamp",
        "'2026-11-25 01:02:03.000001'; '2026-11-25 01:02:03.000002'; 'infinity'",
    ),
    Type(
        "by_moment",
        "timestamptz",
        "'2026-10-25 00:30:00+00'; '2026-10-25 01:30:00+00'; '-infinity'",
    ),
    Type(
        "by_span",
        "interval",
        "'1 mon'; '1 day 00:00:00.000001'; '-3 years'",
    ),
    Type("by_bits", "varbit", "B''; B'0'; B'00'"),
    Type(
        "by_uuid",
        "uuid",
        "'00000000-0000-0000-0000-000000000001'; 'ffffffff-ffff-ffff-ffff-ffffffffffff'",
    ),
    Type("by_inet", "inet", "'10.0.0.0'; '10.0.0.0/8'; '::1'"),
    Type(
        "by_macaddr",
        "macaddr8",
        "'08:00:2b:01:02:03:04:05'; '08:00:2b:01:02:03:04:06'",
    ),
    Type("by_range", "int4range", "'empty'; '[1,5)'; '(,)'"),
    Type("by_array", "text[]", "'{}'; '{NULL}'; '{\"NULL\"}'; '{\"a,b\"}'"),
    Type("by_composite", "pair", "'(1,a)'; '(1,\"b c\")'"),
    Type("by_enum", "mood", "'sad'; 'it''s ok'"),
    Type("by_domain", "positive", "1; 2"),
    Type("without_case", "citext", "'a'; 'B'"),
    Type("by_lsn", "pg_lsn", "'0/0'; '16/B374D848'"),
    Type("by_oid", "oid", "0; 4294967295"),
];

/// What the types stand on. One extension is there already.
pub(crate) const OWN: &str = "CREATE EXTENSION citext SCHEMA public; \
    CREATE TYPE mood AS ENUM ('sad', 'it''s ok'); CREATE TYPE pair AS (x integer, y text); \
    CREATE DOMAIN positive AS integer CHECK (VALUE > 0); CREATE DOMAIN short AS varchar(5); \
    CREATE TYPE floats AS RANGE (SUBTYPE = float8); ";

/// A lone server whose database prints everything in another way than the others do.
async fn server(looking: &Looking, major: u8, [zone, dates, digits, bytes]: [&str; 4]) -> Option<Estate> {
    let estate =
        available(Estate::start(&looking.sandbox, EstateOptions::new(ServerKind::Postgres(major))).await)?;
    let primary = &estate.primary;
    let odd = format!(
        "ALTER DATABASE shop SET TimeZone = '{zone}'; ALTER DATABASE shop SET DateStyle = '{dates}'; \
         ALTER DATABASE shop SET extra_float_digits = {digits}; ALTER DATABASE shop SET bytea_output = '{bytes}'"
    );
    run(primary, "shop", &odd).await;
    let everything = include_str!("../../../../engine/tests/postgres/everything.sql");
    run(primary, "shop", &format!("SET TimeZone = 'UTC'; {everything}")).await;
    let same = made(TYPES);
    // The same document is written in another order on every second server.
    let same = match major {
        15 | 18 => same.replace("{\"key\": 1, \"other\": 2}", "{\"other\": 2, \"key\": 1}"),
        _ => same,
    };
    run(
        primary,
        "shop",
        &format!("CREATE SCHEMA kinds; SET search_path = kinds, public; {OWN}{same}"),
    )
    .await;
    let path = "CREATE SCHEMA keyed; SET search_path = keyed, kinds, public; ";
    run(primary, "shop", &format!("{path}{}", keyed(KEYS))).await;
    let mut schemas = vec!["kinds", "keyed", "shop", "Other \"schema\""];
    if major > 13 {
        run(
            primary,
            "shop",
            &format!("CREATE SCHEMA newer; SET search_path = newer; {}", made(NEWER)),
        )
        .await;
        schemas.push("newer");
    }
    looking.account(&estate, &["check"], &schemas, "compares").await;
    Some(estate)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_type_of_postgres() {
    let looking = Looking::new();
    let started = tokio::join!(
        server(&looking, 13, ["Asia/Kathmandu", "German", "0", "escape"]),
        server(&looking, 15, ["America/St_Johns", "ISO, MDY", "-5", "hex"]),
        server(&looking, 17, ["UTC", "SQL, DMY", "3", "escape"]),
        server(&looking, 18, ["Pacific/Chatham", "Postgres", "1", "hex"]),
    );
    let (Some(one), Some(two), Some(three), Some(four)) = started else {
        return;
    };
    let login = Login::new("compares", "Only-This-1");
    let servers: Vec<&Server> = [&one, &two, &three, &four].map(|estate| &estate.primary).to_vec();
    let everything = ["kinds", "keyed", "shop", "Other \"schema\""];
    assert_same(
        &looking,
        &login,
        &servers,
        &everything,
        TYPES.len() + KEYS.len() + 13,
    )
    .await;
    assert_same(&looking, &login, &servers[1..], &["newer"], NEWER.len()).await;

    let touch = format!("SET search_path = keyed; {}", touched(KEYS));
    for (place, first) in servers.iter().enumerate() {
        let mut others = servers.clone();
        others.remove(place);
        run(first, "shop", &touch).await;
        let report = check(&looking, &login, first, &others, &["keyed"], 3).await;
        assert_all_found_by_key(&report, 3, "keyed", KEYS);
        // The others come to be as it is.
        for server in others {
            run(server, "shop", &touch).await;
        }
    }

    // Other values on each, as far as three places reach for four servers.
    for (server, further) in [(servers[1], 1), (servers[2], 2), (servers[3], 1)] {
        run(
            server,
            "shop",
            &format!("SET search_path = kinds, public; {}", filled(TYPES, further)),
        )
        .await;
    }
    let report = check(&looking, &login, servers[0], &servers[1..], &["kinds"], 3).await;
    for server in &servers[1..] {
        assert_all_named(&report, server, "kinds", TYPES);
    }
    let report = check(
        &looking,
        &login,
        servers[2],
        &[servers[1], servers[3]],
        &["kinds"],
        3,
    )
    .await;
    assert_all_named(&report, servers[1], "kinds", TYPES);
    assert_all_named(&report, servers[3], "kinds", TYPES);
    run(
        servers[3],
        "shop",
        &format!("SET search_path = kinds, public; {}", filled(TYPES, 0)),
    )
    .await;
    let report = check(&looking, &login, servers[1], &servers[3..], &["kinds"], 3).await;
    assert_all_named(&report, servers[3], "kinds", TYPES);
    run(
        servers[2],
        "shop",
        &format!("SET search_path = newer; {}", filled(NEWER, 1)),
    )
    .await;
    let report = check(&looking, &login, servers[1], &[servers[2]], &["newer"], 3).await;
    assert_all_named(&report, servers[2], "newer", NEWER);
}
