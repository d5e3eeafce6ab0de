//! Defects of programs, and of types, operators and searches of the application's own.

use super::{On, Planted, everywhere, on};

pub(super) const PLANTED: &[Planted] = &[
    // The handler is another language's: nothing is ever run in it.
    everywhere(
        "postgresql.language.own",
        "language wild",
        &["CREATE LANGUAGE wild HANDLER plpgsql_call_handler"],
    ),
    everywhere(
        "postgresql.function.untrusted_language",
        "s.wild()",
        &["CREATE FUNCTION s.wild() RETURNS integer LANGUAGE wild AS ''"],
    ),
    everywhere(
        "postgresql.function.c",
        "s.from_library()",
        &[
            "CREATE FUNCTION s.from_library() RETURNS language_handler LANGUAGE c AS '$libdir/plpgsql', 'plpgsql_call_handler'",
        ],
    ),
    everywhere(
        "postgresql.function.internal",
        "s.inside(double precision)",
        &[
            "CREATE FUNCTION s.inside(double precision) RETURNS double precision LANGUAGE internal STRICT AS 'dsqrt'",
        ],
    ),
    everywhere(
        "postgresql.function.superuser_definer",
        "s.as_root()",
        &["CREATE FUNCTION s.as_root() RETURNS integer LANGUAGE sql SECURITY DEFINER AS 'SELECT 1'"],
    ),
    everywhere(
        "postgresql.function.security_definer",
        "s.as_clerk()",
        &[
            "CREATE ROLE clerk",
            "CREATE FUNCTION s.as_clerk() RETURNS integer LANGUAGE sql SECURITY DEFINER AS 'SELECT 1'",
            "ALTER FUNCTION s.as_clerk() OWNER TO clerk",
        ],
    ),
    everywhere(
        "postgresql.owner.runs_as_ours",
        "s.as_cashier()",
        &[
            "CREATE ROLE cashier",
            "CREATE FUNCTION s.as_cashier() RETURNS integer LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS 'SELECT 1'",
            "ALTER FUNCTION s.as_cashier() OWNER TO cashier",
        ],
    ),
    everywhere(
        "postgresql.owner.runs_as_ours",
        "s.peeks",
        &[
            "CREATE ROLE guest",
            "GRANT USAGE, CREATE ON SCHEMA s TO guest",
            "CREATE VIEW s.peeks AS SELECT * FROM s.parent",
            "ALTER VIEW s.peeks OWNER TO guest",
        ],
    ),
    everywhere(
        "postgresql.function.server_files",
        "s.exports()",
        &[
            "CREATE FUNCTION s.exports() RETURNS void LANGUAGE plpgsql AS $$ BEGIN COPY s.parent TO PROGRAM 'cat'; END $$",
        ],
    ),
    everywhere(
        "postgresql.function.server_files",
        "s.reads()",
        &[
            "CREATE FUNCTION s.reads() RETURNS text LANGUAGE plpgsql AS $$ BEGIN RETURN pg_read_file('/etc/hostname'); END $$",
        ],
    ),
    everywhere(
        "postgresql.function.remote",
        "s.asks()",
        &[
            "CREATE FUNCTION s.asks() RETURNS text LANGUAGE plpgsql AS $$ BEGIN RETURN dblink_connect('host=elsewhere'); END $$",
        ],
    ),
    everywhere(
        "postgresql.function.session_state",
        "s.prepares()",
        &[
            "CREATE FUNCTION s.prepares() RETURNS void LANGUAGE plpgsql AS $$ BEGIN CREATE TEMP TABLE t (i integer); END $$",
        ],
    ),
    everywhere(
        "postgresql.function.notify",
        "s.tells()",
        &[
            "CREATE FUNCTION s.tells() RETURNS void LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_notify('orders', 'new'); END $$",
        ],
    ),
    everywhere(
        "postgresql.function.administration",
        "s.administers()",
        &[
            "CREATE FUNCTION s.administers() RETURNS void LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_reload_conf(); END $$",
        ],
    ),
    everywhere(
        "postgresql.function.removed",
        "s.backs_up()",
        &[
            "CREATE FUNCTION s.backs_up() RETURNS void LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_start_backup('x'); END $$",
        ],
    ),
    on(
        &[On::Major(13)],
        "postgresql.function.removed",
        "s.by_backup.backing_up",
        &["CREATE TABLE s.by_backup (id integer PRIMARY KEY, backing_up boolean DEFAULT pg_is_in_backup())"],
    ),
    on(
        &[On::Major(13)],
        "postgresql.function.removed",
        "s.backup_now",
        &["CREATE VIEW s.backup_now AS SELECT pg_backup_start_time() AS since"],
    ),
    everywhere(
        "postgresql.type.own_base",
        "s.label",
        &[
            "CREATE TYPE s.label",
            "CREATE FUNCTION s.label_in(cstring) RETURNS s.label LANGUAGE internal IMMUTABLE STRICT AS 'textin'",
            "CREATE FUNCTION s.label_out(s.label) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'textout'",
            "CREATE TYPE s.label (INPUT = s.label_in, OUTPUT = s.label_out, LIKE = text)",
        ],
    ),
    everywhere(
        "postgresql.cast.own",
        "s.pair AS text",
        &[
            "CREATE TYPE s.pair AS (a integer, b integer)",
            "CREATE FUNCTION s.words(s.pair) RETURNS text LANGUAGE sql AS 'SELECT ''pair''::text'",
            "CREATE CAST (s.pair AS text) WITH FUNCTION s.words(s.pair)",
        ],
    ),
    everywhere(
        "postgresql.operator.class_own",
        "s.numbers",
        &[
            "CREATE OPERATOR CLASS s.numbers FOR TYPE integer USING btree AS OPERATOR 1 <, OPERATOR 2 <=, OPERATOR 3 =, OPERATOR 4 >=, \
         OPERATOR 5 >, FUNCTION 1 btint4cmp(integer, integer)",
        ],
    ),
    on(
        &[On::Major(13)],
        "postgresql.operator.postfix",
        "s.@#(integer,NONE)",
        &["CREATE OPERATOR s.@# (LEFTARG = integer, PROCEDURE = int4um)"],
    ),
    on(
        &[On::Major(13)],
        "postgresql.aggregate.array",
        "s.collect(anyelement)",
        &["CREATE AGGREGATE s.collect(anyelement) (SFUNC = array_append, STYPE = anyarray, INITCOND = '{}')"],
    ),
    everywhere(
        "postgresql.aggregate.internal_state",
        "s.middle",
        &[
            "CREATE AGGREGATE s.middle(double precision ORDER BY double precision) \
             (SFUNC = ordered_set_transition, STYPE = internal, FINALFUNC = percentile_disc_final, FINALFUNC_EXTRA)",
        ],
    ),
    everywhere(
        "postgresql.access.method_own",
        "heap_of_ours",
        &["CREATE ACCESS METHOD heap_of_ours TYPE TABLE HANDLER heap_tableam_handler"],
    ),
    everywhere(
        "postgresql.text.search_own",
        "s.simple_of_ours",
        &["CREATE TEXT SEARCH TEMPLATE s.simple_of_ours (INIT = dsimple_init, LEXIZE = dsimple_lexize)"],
    ),
    everywhere(
        "postgresql.text.search_files",
        "s.own_stop_words",
        &[
            "CREATE TEXT SEARCH DICTIONARY s.own_stop_words (TEMPLATE = simple, STOPWORDS = english)",
            "UPDATE pg_ts_dict SET dictinitoption = 'stopwords = ''house''' WHERE dictname = 'own_stop_words'",
        ],
    ),
    everywhere(
        "postgresql.text.search_files",
        "s.synonyms",
        &["CREATE TEXT SEARCH DICTIONARY s.synonyms (TEMPLATE = synonym, SYNONYMS = synonym_sample)"],
    ),
    everywhere(
        "postgresql.transform.own",
        "transform for integer",
        &["CREATE TRANSFORM FOR integer LANGUAGE sql (FROM SQL WITH FUNCTION prsd_lextype(internal))"],
    ),
    everywhere(
        "postgresql.conversion.own",
        "s.converts",
        &["CREATE CONVERSION s.converts FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8"],
    ),
];
