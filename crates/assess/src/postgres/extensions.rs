//! Which extensions Aurora PostgreSQL offers, in which version.
//!
//! Source: release notes of Aurora PostgreSQL, "Extensions supported for Aurora PostgreSQL", of which the columns of 17.9 and
//! 18.3 were read. Older lines offer what 17 does, in the same version or an older one, but for what is noted here; names are
//! those of `CREATE EXTENSION`.

use daybreak_model::AuroraLine;

/// An extension with a version of its own on Aurora.
struct Offered {
    name: &'static str,
    /// The newest version on the lines up to 17, and on 18; none where it is PostgreSQL's own.
    versions: Option<(&'static str, &'static str)>,
    /// The first and the last major version that has it.
    majors: (u16, u16),
}

const fn own(name: &'static str, until_17: &'static str, on_18: &'static str) -> Offered {
    Offered {
        name,
        versions: Some((until_17, on_18)),
        majors: (0, u16::MAX),
    }
}

const fn with_postgres(name: &'static str) -> Offered {
    Offered {
        name,
        versions: None,
        majors: (0, u16::MAX),
    }
}

const OFFERED: &[Offered] = &[
    own("address_standardizer", "3.5.1", "3.6.1"),
    own("address_standardizer_data_us", "3.5.1", "3.6.1"),
    with_postgres("amcheck"),
    own("apg_plan_mgmt", "2.9", "3.0"),
    with_postgres("aurora_stat_utils"),
    with_postgres("autoinc"),
    own("aws_commons", "1.2", "1.2"),
    own("aws_lambda", "2.0", "2.1"),
    own("aws_ml", "2.0", "2.0"),
    own("aws_s3", "2.0", "2.0"),
    with_postgres("bloom"),
    with_postgres("bool_plperl"),
    with_postgres("btree_gin"),
    with_postgres("btree_gist"),
    with_postgres("citext"),
    with_postgres("cube"),
    with_postgres("dblink"),
    with_postgres("dict_int"),
    with_postgres("dict_xsyn"),
    with_postgres("earthdistance"),
    with_postgres("fuzzystrmatch"),
    own("h3", "4.2.3", "4.2.3"),
    own("h3_postgis", "4.1.3", "4.1.3"),
    own("hll", "2.2", "2.2"),
    with_postgres("hstore"),
    with_postgres("hstore_plperl"),
    own("hypopg", "1.4.2", "1.4.2"),
    with_postgres("insert_username"),
    with_postgres("intagg"),
    with_postgres("intarray"),
    own("ip4r", "2.4", "2.4"),
    with_postgres("isn"),
    with_postgres("jsonb_plperl"),
    with_postgres("lo"),
    own("log_fdw", "1.3", "1.3"),
    with_postgres("ltree"),
    with_postgres("moddatetime"),
    own("mysql_fdw", "2.9.3", "2.9.3"),
    own("oracle_fdw", "2.8.0", "2.8.0"),
    own("orafce", "4.16.3", "4.16.3"),
    with_postgres("pg_ad_mapping"),
    own("pg_bigm", "1.2_20250903", "1.2_20250903"),
    with_postgres("pg_buffercache"),
    Offered {
        majors: (16, u16::MAX),
        ..own("pg_columnmask", "1.1.0", "1.1.0")
    },
    own("pg_cron", "1.6.7", "1.6.7"),
    with_postgres("pg_freespacemap"),
    own("pg_hint_plan", "1.7.1", "1.8.0"),
    own("pg_partman", "5.2.4", "5.2.4"),
    with_postgres("pg_prewarm"),
    own("pg_proctab", "0.0.12", "0.0.12"),
    own("pg_repack", "1.5.3", "1.5.3"),
    own("pg_similarity", "1.0", "1.0"),
    with_postgres("pg_stat_statements"),
    own("pg_tle", "1.5.2", "1.5.2"),
    with_postgres("pg_trgm"),
    with_postgres("pg_visibility"),
    with_postgres("pgaudit"),
    with_postgres("pgcrypto"),
    own("pgdam", "1.7", "1.7"),
    own("pglogical", "2.4.6", "2.4.6"),
    own("pglogical_origin", "1.0.0", "1.0.0"),
    own("pgrouting", "3.6.3", "3.8.0"),
    with_postgres("pgrowlocks"),
    with_postgres("pgstattuple"),
    own("pgtap", "1.3.3", "1.3.3"),
    own("plcoffee", "3.1.6", "3.2.4"),
    own("plls", "3.1.6", "3.2.4"),
    with_postgres("plperl"),
    with_postgres("plpgsql"),
    own("plprofiler", "4.2.4", "4.2.4"),
    with_postgres("pltcl"),
    own("plv8", "3.1.10", "3.2.4"),
    own("postgis", "3.5.1", "3.6.1"),
    own("postgis_raster", "3.5.1", "3.6.1"),
    own("postgis_tiger_geocoder", "3.5.1", "3.6.1"),
    own("postgis_topology", "3.5.1", "3.6.1"),
    with_postgres("postgres_fdw"),
    own("prefix", "1.2.10", "1.2.10"),
    own("rdkit", "4.6.1", "4.6.1"),
    own("rds_activity_stream", "1.7", "1.7"),
    own("rds_tools", "1.9", "1.9"),
    with_postgres("refint"),
    Offered {
        majors: (18, u16::MAX),
        ..own("roaringbitmap", "", "1.1.0")
    },
    with_postgres("seg"),
    with_postgres("sslinfo"),
    with_postgres("tablefunc"),
    with_postgres("tcn"),
    own("tds_fdw", "2.0.5", "2.0.5"),
    with_postgres("tsm_system_rows"),
    with_postgres("tsm_system_time"),
    with_postgres("unaccent"),
    with_postgres("uuid-ossp"),
    own("vector", "0.8.1", "0.8.1"),
];

fn offer(name: &str, line: &AuroraLine) -> Option<&'static Offered> {
    let major = line.community.major;
    OFFERED
        .iter()
        .find(|offered| offered.name == name && (offered.majors.0..=offered.majors.1).contains(&major))
}

/// Whether an extension can be made there.
pub(crate) fn is_offered(name: &str, line: &AuroraLine) -> bool {
    offer(name, line).is_some()
}

/// The newest version of an extension there; none where it is not offered, or comes with PostgreSQL.
pub(crate) fn offered_version(name: &str, line: &AuroraLine) -> Option<&'static str> {
    let (until_17, on_18) = offer(name, line)?.versions?;
    Some(if line.community.major >= 18 {
        on_18
    } else {
        until_17
    })
}

/// Whether a version is later than another. Numbers are compared as such, up to the first part that is none.
pub(crate) fn is_newer(version: &str, than: &str) -> bool {
    let numbers = |text: &str| -> Vec<u32> {
        let parts = text.split(['.', '-', '_']);
        parts.map_while(|part| part.parse().ok()).collect()
    };
    numbers(version) > numbers(than)
}

#[cfg(test)]
mod tests {
    use daybreak_model::AuroraLine;

    use super::{OFFERED, is_newer, is_offered, offered_version};

    fn line(name: &str) -> &'static AuroraLine {
        AuroraLine::named(name).expect("a line")
    }

    #[test]
    fn offers_follow_the_line() {
        for (name, at, offered, version) in [
            ("postgis", "17", true, Some("3.5.1")),
            ("postgis", "18", true, Some("3.6.1")),
            ("hstore", "13", true, None),
            ("pg_columnmask", "15", false, None),
            ("pg_columnmask", "17", true, Some("1.1.0")),
            ("file_fdw", "17", false, None),
            ("timescaledb", "18", false, None),
        ] {
            assert_eq!(is_offered(name, line(at)), offered, "{name} {at}");
            assert_eq!(offered_version(name, line(at)), version, "{name} {at}");
        }
    }

    #[test]
    fn versions_are_compared_by_their_numbers() {
        for (version, than, newer) in [
            ("3.10.0", "3.5.1", true),
            ("3.5.1", "3.5.1", false),
            ("0.8.0", "0.8.1", false),
            ("1.2-20200228", "1.2", true),
            ("3.6.0dev", "3.5.1", true),
            ("4", "3.5.1", true),
        ] {
            assert_eq!(is_newer(version, than), newer, "{version} {than}");
        }
    }

    #[test]
    fn the_list_has_each_extension_once_and_in_order() {
        assert!(OFFERED.windows(2).all(|pair| pair[0].name < pair[1].name));
    }
}
