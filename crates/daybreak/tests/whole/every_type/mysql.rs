//! The MySQL family: 5.6, 9.7 and MariaDB 10.11 with what all have, and each of the newer ones with what it has alone.

use daybreak_sandbox::{Estate, EstateOptions, ServerKind, available};

use super::{
    Type, assert_all_found_by_key, assert_all_named, assert_same, check, filled, keyed, made, touched,
};
use crate::looking::{Looking, run};

/// Types since 5.6.
pub(crate) const TYPES: &[Type] = &[
    Type("tiny", "TINYINT", "-128; 127; 0; NULL"),
    Type("tiny_unsigned", "TINYINT UNSIGNED", "0; 255; NULL"),
    Type("small", "SMALLINT", "-32768; 32767; 0; NULL"),
    Type("small_unsigned", "SMALLINT UNSIGNED", "0; 65535; NULL"),
    Type("medium", "MEDIUMINT", "-8388608; 8388607; 0; NULL"),
    Type("medium_unsigned", "MEDIUMINT UNSIGNED", "0; 16777215; NULL"),
    Type("whole", "INT", "-2147483648; 2147483647; 0; NULL"),
    Type("whole_unsigned", "INT UNSIGNED", "0; 4294967295; NULL"),
    Type(
        "big",
        "BIGINT",
        "-9223372036854775808; 9223372036854775807; 9007199254740993; 9007199254740992; NULL",
    ),
    Type(
        "big_unsigned",
        "BIGINT UNSIGNED",
        "0; 18446744073709551615; 18446744073709551614; NULL",
    ),
    Type("padded", "INT(8) UNSIGNED ZEROFILL", "0; 42; NULL"),
    Type("yes_no", "BOOL", "TRUE; FALSE; NULL"),
    Type(
        "exact",
        "DECIMAL(65, 30)",
        "0; 0.000000000000000000000000000001; -99999999999999999999999999999999999.999999999999999999999999999999; 99999999999999999999999999999999999.999999999999999999999999999998; NULL",
    ),
    Type(
        "exact_whole",
        "DECIMAL(10, 0)",
        "0; -9999999999; 9999999999; NULL",
    ),
    Type(
        "single_precision",
        "FLOAT",
        "'0'; 1.4e-45; -1.4e-45; 1.1754943e-38; 16777216; 16777215; 3.402823e38; 0.1; -0.1; NULL",
    ),
    Type(
        "single_digits",
        "FLOAT(7, 4)",
        "1.2345; 1.2346; -999.9999; 0; NULL",
    ),
    Type(
        "double_precision",
        "DOUBLE",
        "'0'; 1e-320; 2e-320; 5e-324; 1.7976931348623157e308; 0.1; 0.10000000000000002; -0.1; NULL",
    ),
    Type("double_digits", "DOUBLE(10, 2)", "0.01; 0.02; -99999999.99; NULL"),
    Type("one_bit", "BIT(1)", "b'0'; b'1'; NULL"),
    Type("many_bits", "BIT(64)", "0; 1; 9223372036854775808; ~0; NULL"),
    Type("in_year", "YEAR", "0; 1901; 2155; NULL"),
    Type(
        "on_day",
        "DATE",
        "'0000-00-00'; '2026-00-00'; '2026-11-00'; '1000-01-01'; '9999-12-31'; NULL",
    ),
    Type("so_long", "TIME", "'-838:59:59'; '838:59:59'; '00:00:00'; NULL"),
    Type(
        "so_long_exactly",
        "TIME(6)",
        "'-00:00:00.000001'; '00:00:00.000001'; '00:00:00.000000'; NULL",
    ),
    Type(
        "at",
        "DATETIME",
        "'0000-00-00 00:00:00'; '2026-00-00 00:00:00'; '9999-12-31 23:59:59'; NULL",
    ),
    Type(
        "at_exactly",
        "DATETIME(6)",
        "'2026-11-25 01:02:03.000001'; '2026-11-25 01:02:03.000002'; '2026-11-25 01:02:03'; NULL",
    ),
    Type(
        "moment",
        "TIMESTAMP",
        "'0000-00-00 00:00:00'; '1970-01-01 00:00:01'; '2026-10-25 00:30:00'; '2026-10-25 01:30:00'; '2038-01-19 03:14:07'; NULL",
    ),
    Type(
        "moment_exactly",
        "TIMESTAMP(6)",
        "'2026-11-25 01:02:03.000001'; '2026-11-25 01:02:03.000002'; '2026-11-25 02:02:03.000001'; NULL",
    ),
    Type(
        "fixed_text",
        "CHAR(10) CHARACTER SET utf8mb4",
        "'a'; 'A'; 'ä'; ''; NULL",
    ),
    Type(
        "varying_text",
        "VARCHAR(20) CHARACTER SET utf8mb4",
        "'a'; 'a '; 'A'; 'á'; 'a\\0'; '\\\\N'; '🌅'; '🌆'; ''; NULL",
    ),
    Type(
        "by_case",
        "VARCHAR(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin",
        "'a'; 'a  '; 'A'; NULL",
    ),
    // Bytes that are no UTF-8, and one that latin1 has no letter for.
    Type(
        "of_latin1",
        "VARCHAR(20) CHARACTER SET latin1",
        "x'E4'; x'C3A4'; x'C3'; x'C328'; x'81'; x'8120'; ''; NULL",
    ),
    Type(
        "of_utf8",
        "VARCHAR(20) CHARACTER SET utf8",
        "'ä'; 'a'; '€'; ''; NULL",
    ),
    Type(
        "of_ucs2",
        "VARCHAR(20) CHARACTER SET ucs2",
        "_ucs2 x'00E4'; _ucs2 x'20AC'; _ucs2 x'00E40020'; NULL",
    ),
    Type(
        "of_utf16",
        "VARCHAR(20) CHARACTER SET utf16",
        "_utf16 x'D83CDF05'; _utf16 x'D83CDF06'; _utf16 x'0061'; NULL",
    ),
    Type(
        "of_utf32",
        "VARCHAR(20) CHARACTER SET utf32",
        "_utf32 x'0001F305'; _utf32 x'00000061'; NULL",
    ),
    Type(
        "of_sjis",
        "VARCHAR(20) CHARACTER SET sjis",
        "x'8341815C'; x'815C'; 'a'; NULL",
    ),
    Type(
        "of_gbk",
        "VARCHAR(20) CHARACTER SET gbk",
        "x'C4E3815C'; x'815C'; 'a'; NULL",
    ),
    Type("fixed_bytes", "BINARY(4)", "x'00'; x'20'; x'0020'; NULL"),
    Type(
        "varying_bytes",
        "VARBINARY(20)",
        "x''; x'00'; x'0000'; x'20'; x'5C27220A0D1A2309'; NULL",
    ),
    Type(
        "tiny_text",
        "TINYTEXT CHARACTER SET utf8mb4",
        "''; 'a'; 'a '; 'A'; NULL",
    ),
    Type(
        "text_",
        "TEXT CHARACTER SET utf8mb4",
        "''; 'a\\tb'; 'a\\nb'; 'a#b'; NULL",
    ),
    Type(
        "medium_text",
        "MEDIUMTEXT CHARACTER SET latin1",
        "''; x'E4'; x'C3A4'; NULL",
    ),
    Type(
        "long_text",
        "LONGTEXT CHARACTER SET utf8mb4",
        "''; REPEAT('x', 100000); CONCAT(REPEAT('x', 99999), 'y'); CONCAT(REPEAT('x', 99999), ' '); NULL",
    ),
    Type("tiny_blob", "TINYBLOB", "x''; x'00'; x'FF'; NULL"),
    Type("blob_", "BLOB", "x''; x'5C30'; x'5C00'; NULL"),
    Type("medium_blob", "MEDIUMBLOB", "x''; x'00FF'; x'FF00'; NULL"),
    Type(
        "long_blob",
        "LONGBLOB",
        "x''; REPEAT(x'00FF', 100000); CONCAT(REPEAT(x'00FF', 99999), x'00FE'); NULL",
    ),
    // The second is no member: it is stored as the error value, which prints like the first.
    Type(
        "one_of",
        "ENUM('', 'a', 'it''s', 'b,c')",
        "''; 'nothing'; 'a'; 'it''s'; 'b,c'; NULL",
    ),
    Type(
        "some_of",
        "SET('x', 'y', 'z w')",
        "''; 'x'; 'x,z w'; 'x,y,z w'; NULL",
    ),
    Type(
        "shape",
        "GEOMETRY",
        "ST_GeomFromText('POINT(1 2)'); ST_GeomFromText('LINESTRING(1 2, 3 4)'); NULL",
    ),
    Type(
        "spot",
        "POINT",
        "ST_GeomFromText('POINT(1 2)'); ST_GeomFromText('POINT(2 1)'); ST_GeomFromText('POINT(-1.5 1e-10)'); NULL",
    ),
    Type(
        "way",
        "LINESTRING",
        "ST_GeomFromText('LINESTRING(0 0, 1 1)'); ST_GeomFromText('LINESTRING(1 1, 0 0)'); NULL",
    ),
    Type(
        "field",
        "POLYGON",
        "ST_GeomFromText('POLYGON((0 0, 9 0, 9 9, 0 0))'); ST_GeomFromText('POLYGON((9 0, 9 9, 0 0, 9 0))'); NULL",
    ),
    Type(
        "spots",
        "MULTIPOINT",
        "ST_GeomFromText('MULTIPOINT(0 0, 1 1)'); ST_GeomFromText('MULTIPOINT(1 1, 0 0)'); NULL",
    ),
    Type(
        "ways",
        "MULTILINESTRING",
        "ST_GeomFromText('MULTILINESTRING((0 0, 1 1))'); ST_GeomFromText('MULTILINESTRING((0 0, 1 2))'); NULL",
    ),
    Type(
        "fields",
        "MULTIPOLYGON",
        "ST_GeomFromText('MULTIPOLYGON(((0 0, 9 0, 9 9, 0 0)))'); ST_GeomFromText('MULTIPOLYGON(((0 0, 8 0, 8 8, 0 0)))'); NULL",
    ),
    Type(
        "shapes_",
        "GEOMETRYCOLLECTION",
        "ST_GeomFromText('GEOMETRYCOLLECTION(POINT(1 1))'); ST_GeomFromText('GEOMETRYCOLLECTION(POINT(1 2))'); NULL",
    ),
];

/// Values that MariaDB does not keep: it stores no zero with a sign.
const SIGNED_ZERO: &[Type] = &[
    Type("single_sign", "FLOAT", "'0'; '-0'; NULL"),
    Type("double_sign", "DOUBLE", "'0'; '-0'; NULL"),
];

/// Types of 9.7 alone. MySQL orders the keys of what it parses; what a number is it keeps.
pub(crate) const OF_MYSQL: &[Type] = &[
    Type(
        "json_",
        "JSON",
        "'{\"a\": 1, \"b\": 2}'; '{\"a\": 1, \"b\": 3}'; '[1, 2]'; '[2, 1]'; 'null'; '\"1\"'; '1'; '1.0'; '18446744073709551615'; '\"\\\\u00e4\"'; NULL",
    ),
    Type(
        "vector_",
        "VECTOR(2)",
        "STRING_TO_VECTOR('[1, 2]'); STRING_TO_VECTOR('[2, 1]'); NULL",
    ),
    Type(
        "on_earth",
        "POINT SRID 4326",
        "ST_GeomFromText('POINT(10 20)', 4326); ST_GeomFromText('POINT(20 10)', 4326); NULL",
    ),
];

/// Types of MariaDB alone. Its JSON is a text.
const OF_MARIADB: &[Type] = &[
    Type(
        "json_",
        "JSON",
        "'{\"a\": 1, \"b\": 2}'; '{\"b\": 2, \"a\": 1}'; '{\"a\":1,\"b\":2}'; 'null'; NULL",
    ),
    Type(
        "uuid_",
        "UUID",
        "'00000000-0000-0000-0000-000000000001'; '00000000-0000-0000-0000-000000000100'; NULL",
    ),
    Type("inet4_", "INET4", "'10.0.0.1'; '10.0.0.2'; NULL"),
    Type("inet6_", "INET6", "'::1'; '::ffff:10.0.0.1'; NULL"),
    Type(
        "squeezed",
        "VARCHAR(1000) COMPRESSED",
        "'a'; 'a '; REPEAT('x', 900); NULL",
    ),
];

/// Types that a key can be of.
const KEYS: &[Type] = &[
    Type(
        "by_big",
        "BIGINT UNSIGNED",
        "0; 9007199254740993; 18446744073709551615",
    ),
    Type(
        "by_exact",
        "DECIMAL(30, 10)",
        "-0.0000000001; 0; 12345678901234567890.0123456789",
    ),
    Type(
        "by_double",
        "DOUBLE",
        "-1e308; 1e-320; 0.1; 0.30000000000000004; 123456789012345680000",
    ),
    Type("by_single", "FLOAT", "-3.402823e38; 0.1; 16777216; 1.1754943e-38"),
    Type("by_bits", "BIT(64)", "0; 9223372036854775808; ~0"),
    Type("by_year", "YEAR", "0; 1901; 2155"),
    Type("by_day", "DATE", "'0000-00-00'; '2026-11-00'; '9999-12-31'"),
    Type(
        "by_time",
        "TIME(6)",
        "'-838:59:59'; '-00:00:00.000001'; '00:00:00.000001'",
    ),
    Type(
        "by_at",
        "DATETIME(6)",
        "'0000-00-00'; '2026-11-25 01:02:03.000001'; '2026-11-25 01:02:03.000002'",
    ),
    Type(
        "by_moment",
        "TIMESTAMP(6)",
        "'2026-10-25 00:30:00'; '2026-10-25 01:30:00'; '2026-10-25 01:30:00.000001'",
    ),
    Type(
        "by_text",
        "VARCHAR(20) CHARACTER SET utf8mb4",
        "''; 'a'; 'b '; 'ö'; '🌅'; 'it''s\\\\'",
    ),
    Type(
        "by_exact_text",
        "VARCHAR(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin",
        "'a'; 'A'; '🌅'; '🌆'",
    ),
    Type(
        "by_latin1",
        "VARCHAR(20) CHARACTER SET latin1",
        "x'E4'; x'C328'; x'81'; ''",
    ),
    Type("by_utf8", "CHAR(20) CHARACTER SET utf8", "'ä'; 'b'; '€'"),
    Type(
        "by_utf16",
        "VARCHAR(20) CHARACTER SET utf16",
        "_utf16 x'D83CDF05'; _utf16 x'0061'",
    ),
    Type(
        "by_bytes",
        "VARBINARY(20)",
        "x''; x'00'; x'0000'; x'5C27220A0D1A'",
    ),
    Type("by_fixed_bytes", "BINARY(4)", "x'00'; x'20'; x'FF000000'"),
    Type("by_one_of", "ENUM('', 'a', 'it''s')", "''; 'a'; 'it''s'"),
    Type("by_some_of", "SET('x', 'y')", "''; 'x'; 'x,y'"),
];

/// Values as they are written, moments in UTC.
pub(crate) const SESSION: &str = "SET NAMES utf8mb4; SET SESSION sql_mode = '', time_zone = '+00:00'; ";

/// A lone server in a time zone of its own, with the tables that all have, and those of its own.
async fn server(
    looking: &Looking,
    kind: ServerKind,
    zone: &str,
    own: &[Type],
    change: impl Fn(String) -> String,
) -> Option<Estate> {
    let options = EstateOptions::new(kind).setting("default_time_zone", zone);
    let estate = available(Estate::start(&looking.sandbox, options).await)?;
    let primary = &estate.primary;
    run(
        primary,
        "mysql",
        "ALTER DATABASE shop CHARACTER SET latin1 COLLATE latin1_swedish_ci; CREATE DATABASE own; CREATE DATABASE keyed; \
         CREATE DATABASE every CHARACTER SET latin1 COLLATE latin1_swedish_ci",
    )
    .await;
    run(primary, "shop", &format!("{SESSION}{}", made(TYPES))).await;
    run(primary, "own", &format!("{SESSION}{}", change(made(own)))).await;
    run(primary, "keyed", &format!("{SESSION}{}", keyed(KEYS))).await;
    if kind != ServerKind::MariaDb1011 {
        run(primary, "mysql", "CREATE DATABASE signed_zero").await;
        let statements = format!("{SESSION}{}", made(SIGNED_ZERO));
        run(primary, "signed_zero", &statements).await;
    }
    let every = include_str!("../../../../engine/tests/mysql/every_type.sql");
    run(primary, "every", &format!("{SESSION}{every}")).await;
    looking.account(&estate, &["check"], &[], "compares").await;
    Some(estate)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_type_of_the_mysql_family() {
    let looking = Looking::new();
    let (kept, plain) = (|text: String| text, ServerKind::Mysql97);
    // On the copy the same document is written in another order.
    let turned = |text: String| text.replace("{\"a\": 1, \"b\": 2}", "{\"b\": 2, \"a\": 1}");
    let started = tokio::join!(
        server(&looking, ServerKind::Mysql56, "-03:30", &[], kept),
        server(&looking, plain, "+05:45", OF_MYSQL, kept),
        server(&looking, ServerKind::MariaDb1011, "+13:00", OF_MARIADB, kept),
        server(&looking, plain, "+00:00", OF_MYSQL, turned),
        server(&looking, ServerKind::MariaDb1011, "-11:00", OF_MARIADB, kept),
    );
    let (Some(old), Some(new), Some(fork), Some(new_copy), Some(fork_copy)) = started else {
        return;
    };
    let login = daybreak_sandbox::Login::new("compares", "Only-This-1");
    let (old, new, fork) = (&old.primary, &new.primary, &fork.primary);
    let (new_copy, fork_copy) = (&new_copy.primary, &fork_copy.primary);

    assert_same(
        &looking,
        &login,
        &[old, new, fork],
        &["shop", "keyed", "every"],
        TYPES.len() + KEYS.len() + 10,
    )
    .await;
    let servers = [old, new, fork];
    for (place, first) in servers.into_iter().enumerate() {
        let mut others = servers.to_vec();
        others.remove(place);
        run(first, "keyed", &touched(KEYS)).await;
        let report = check(&looking, &login, first, &others, &["keyed"], 3).await;
        assert_all_found_by_key(&report, 2, "keyed", KEYS);
        // The others come to be as it is.
        for server in others {
            run(server, "keyed", &touched(KEYS)).await;
        }
    }
    let both = ["signed_zero"];
    assert_same(&looking, &login, &[old, new], &both, SIGNED_ZERO.len()).await;
    assert_same(&looking, &login, &[new, new_copy], &["own"], OF_MYSQL.len()).await;
    assert_same(&looking, &login, &[fork, fork_copy], &["own"], OF_MARIADB.len()).await;

    // Other values on each, so that every pair differs in every row.
    for (server, further) in [(new, 1), (fork, 2)] {
        run(server, "shop", &format!("{SESSION}{}", filled(TYPES, further))).await;
    }
    let report = check(&looking, &login, old, &[new, fork], &["shop"], 3).await;
    assert_all_named(&report, new, "shop", TYPES);
    assert_all_named(&report, fork, "shop", TYPES);
    let report = check(&looking, &login, fork, &[new], &["shop"], 3).await;
    assert_all_named(&report, new, "shop", TYPES);
    let statements = format!("{SESSION}{}", filled(SIGNED_ZERO, 1));
    run(new, both[0], &statements).await;
    let report = check(&looking, &login, old, &[new], &both, 3).await;
    assert_all_named(&report, new, both[0], SIGNED_ZERO);
    for (server, copy, types) in [(new, new_copy, OF_MYSQL), (fork, fork_copy, OF_MARIADB)] {
        run(copy, "own", &format!("{SESSION}{}", filled(types, 1))).await;
        let report = check(&looking, &login, server, &[copy], &["own"], 3).await;
        assert_all_named(&report, copy, "own", types);
    }
}
