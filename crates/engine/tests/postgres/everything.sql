BEGIN;
CREATE EXTENSION IF NOT EXISTS hstore WITH SCHEMA public;
CREATE SCHEMA shop;
CREATE SCHEMA "Other ""schema""";
CREATE TYPE shop.mood AS ENUM ('sad', 'it''s ok', 'happy');
CREATE DOMAIN shop.positive AS integer DEFAULT 1 CONSTRAINT above_zero CHECK (VALUE > 0);
CREATE TYPE shop.pair AS (x integer, y text);
CREATE TYPE shop.floatrange AS RANGE (SUBTYPE = float8);
CREATE COLLATION shop.c_copy (provider = libc, locale = 'C');

CREATE TABLE shop.every_type (
    id bigint GENERATED ALWAYS AS IDENTITY (START WITH 10 INCREMENT BY 5) PRIMARY KEY,
    a smallint, b integer, c bigint, d numeric, e numeric(10,2), f real, g double precision, h money,
    i text, j varchar(20), k char(5), l "char", m name, n bytea,
    o timestamp, p timestamptz(3), q date, r time, s timetz, t interval,
    u boolean, v shop.mood, w point, x line, y lseg, z box, aa path, ab polygon, ac circle,
    ad cidr, ae inet, af macaddr, ag macaddr8, ah bit(5), ai varbit, aj tsvector, ak tsquery, al uuid, am xml,
    an json, ao jsonb, ap integer[], aq text[][], ar shop.pair, as_ shop.positive, at int4range, au numrange,
    av tstzrange, aw shop.floatrange, ax shop.mood[], ay public.hstore, az pg_lsn, ba oid, bb shop.pair[], bc regclass,
    bd text COLLATE shop.c_copy,
    be text GENERATED ALWAYS AS (j || '!') STORED,
    bf jsonpath
);
INSERT INTO shop.every_type (a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u, v, w, x, y, z, aa, ab, ac, ad, ae, af, ag,
    ah, ai, aj, ak, al, am, an, ao, ap, aq, ar, as_, at, au, av, aw, ax, ay, az, ba, bb, bc, bd, bf) VALUES
(-32768, -2147483648, -9223372036854775808, 'NaN', -0.01, 'NaN', '-Infinity', '-12.34', E'tab\tnew\nback\\slash \u00e9 \U0001F600', '', 'ab', 'x', 'n', '\x00ff10',
 '-infinity', 'infinity', '0044-03-15 BC', '24:00:00', '23:59:59.999999+15:59', '-1 year 2 days -03:04:05.000001', true, 'it''s ok',
 '(1.5,-2)', '{1,2,3}', '[(0,0),(1,1)]', '(2,2),(1,1)', '[(0,0),(1,1),(2,0)]', '((0,0),(1,1),(2,0))', '<(1,2),3>', '10.0.0.0/8', '::1/64', '08:00:2b:01:02:03', '08:00:2b:01:02:03:04:05',
 B'10101', B'1', 'fat:2A cat:1', 'fat & (rat | !cat)', '00000000-0000-0000-0000-000000000001', '<a b="c">é</a>',
 '{"b" : 1,  "a":[1, 2]}', '{"b" : 1,  "a":[1, 2.50]}', '[2:4]={1,NULL,3}', '{{a,"b,c"},{"NULL",NULL}}', '(1,"a ""quoted"", text")', 7, '[1,10)', '(,5.5]',
 '[2020-01-01 00:00+00,infinity)', '(1.5,2.5]', '{sad,happy}', 'k=>"v w", n=>NULL', '16/B374D848', 4294967295, '{"(1,a)","(2,)"}', 'shop.every_type', 'Zebra', '$.a[*] ? (@ > 1)'),
(32767, 2147483647, 9223372036854775807, 123456789012345678901234567890.123456789, 99999999.99, 1.17549435e-38, 'Infinity', '0', repeat('long ', 20000), 'x', 'abcde', '', 'name', '',
 'infinity', '-infinity', 'infinity', '00:00', '00:00+00', '0', false, 'happy', '(NaN,Infinity)', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
 NULL, B'', '', NULL, NULL, NULL, 'null', 'null', '{}', '{}', '(,)', 1, 'empty', 'empty', NULL, NULL, '{}', '', '0/0', 0, '{}', NULL, '', NULL);
INSERT INTO shop.every_type (f, g, d) VALUES (0.1, 0.1, 0), ('-0', 1e308, 1.10), (3.4028235e38, 5e-324, 'NaN');
INSERT INTO shop.every_type DEFAULT VALUES;

CREATE TABLE "Other ""schema"""."we""ird ta'ble; drop" ("sel""ect" integer PRIMARY KEY, "Größe – ü" text DEFAULT 'it''s', "a\b" text);
INSERT INTO "Other ""schema"""."we""ird ta'ble; drop" SELECT g, 'ü' || g, 'x\y' || g FROM generate_series(1, 5000) AS g;
CREATE INDEX "odd ""index""" ON "Other ""schema"""."we""ird ta'ble; drop" ("Größe – ü" DESC NULLS LAST) WHERE "a\b" <> 'x';

CREATE TABLE shop.no_key (a integer, b text);
INSERT INTO shop.no_key SELECT g % 3, repeat('b', g % 50) FROM generate_series(1, 3000) AS g;
CREATE TABLE shop.no_columns ();
INSERT INTO shop.no_columns DEFAULT VALUES;
CREATE TABLE shop.empty (id serial PRIMARY KEY, note text NOT NULL DEFAULT '');
CREATE TABLE shop.composite (region text, day date, n numeric(6,1), note text, UNIQUE (note), PRIMARY KEY (region, day, n)) WITH (fillfactor = 70, autovacuum_enabled = false);
INSERT INTO shop.composite SELECT (ARRAY['north', 'South', 'ärmel', ''])[g % 4 + 1], date '2020-01-01' + g / 4, g, 'n' || g FROM generate_series(0, 3999) AS g;

CREATE TABLE shop.parent (id integer PRIMARY KEY, note text);
CREATE TABLE shop.child (extra integer CHECK (extra > 0)) INHERITS (shop.parent);
INSERT INTO shop.parent VALUES (1, 'parent');
INSERT INTO shop.child VALUES (2, 'child', 3);

CREATE TABLE shop.parts (id bigint, at timestamptz NOT NULL, v integer, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
CREATE TABLE shop.parts_2020 PARTITION OF shop.parts FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');
CREATE TABLE shop.parts_2021 (v integer, at timestamptz NOT NULL, id bigint NOT NULL) PARTITION BY HASH (id);
CREATE TABLE shop.parts_2021_0 PARTITION OF shop.parts_2021 FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE shop.parts_2021_1 PARTITION OF shop.parts_2021 FOR VALUES WITH (MODULUS 2, REMAINDER 1);
ALTER TABLE shop.parts ATTACH PARTITION shop.parts_2021 FOR VALUES FROM ('2021-01-01') TO ('2022-01-01');
CREATE TABLE shop.parts_other PARTITION OF shop.parts DEFAULT;
CREATE INDEX parts_v ON shop.parts (v);
INSERT INTO shop.parts SELECT g, timestamptz '2020-01-01 00:00+00' + g * interval '6 hours', g % 7 FROM generate_series(1, 4000) AS g;

CREATE TABLE shop.orders (
    id bigserial PRIMARY KEY,
    parent_id integer REFERENCES shop.parent DEFERRABLE INITIALLY DEFERRED,
    self_id bigint REFERENCES shop.orders ON DELETE SET NULL,
    during tstzrange,
    amount numeric CHECK (amount >= 0),
    EXCLUDE USING gist (during WITH &&)
);
ALTER TABLE shop.orders ADD CONSTRAINT not_checked CHECK (amount < 1000) NOT VALID;
CREATE INDEX orders_expression ON shop.orders ((amount * 2), lower(during));
CREATE STATISTICS shop.orders_stats (dependencies) ON parent_id, amount FROM shop.orders;

CREATE FUNCTION shop.f_simple(a integer, b text DEFAULT 'x''y') RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT a::text || b $$;
CREATE FUNCTION shop.f_simple(a bigint) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = shop, pg_temp AS $body$ BEGIN RETURN a + 1; END $body$;
CREATE PROCEDURE shop.p(INOUT a integer) LANGUAGE plpgsql AS $$ BEGIN a := a + 1; END $$;
CREATE AGGREGATE shop.longest(text) (SFUNC = 'textcat', STYPE = text, INITCOND = '');
CREATE TABLE shop.uses_function (id integer PRIMARY KEY, t text DEFAULT shop.f_simple(1), CHECK (length(shop.f_simple(id)) > 0));
INSERT INTO shop.uses_function (id) VALUES (1);
CREATE VIEW shop.a_view WITH (security_barrier = true) AS SELECT o.id, o.amount * 2 AS twice FROM shop.orders o WHERE o.amount > 0 OR o.parent_id IS NULL;
CREATE VIEW shop.view_on_view AS SELECT v.id, p.note FROM shop.a_view v LEFT JOIN shop.parent p USING (id);
CREATE FUNCTION shop.returns_view() RETURNS SETOF shop.a_view LANGUAGE sql AS $$ SELECT * FROM shop.a_view $$;
CREATE VIEW shop.grouped AS SELECT p.id, p.note, count(*) AS n FROM shop.parent p GROUP BY p.id;
COMMIT;
INSERT INTO shop.orders (parent_id, during, amount) VALUES (1, '[2020-01-01,2020-02-01)', 5), (NULL, NULL, NULL);
CREATE MATERIALIZED VIEW shop.mat AS SELECT parent_id, sum(amount) AS total FROM shop.orders GROUP BY parent_id;
-- One that reads another, and comes before it in the catalog once the other was refreshed.
CREATE MATERIALIZED VIEW shop.mat_under AS SELECT parent_id FROM shop.orders;
CREATE VIEW shop.mat_middle AS SELECT parent_id FROM shop.mat_under;
CREATE MATERIALIZED VIEW shop.mat_above AS SELECT count(*) AS orders FROM shop.mat_middle;
REFRESH MATERIALIZED VIEW shop.mat_under;
CREATE UNIQUE INDEX mat_parent ON shop.mat (parent_id);
CREATE FUNCTION shop.touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.note := 'touched'; RETURN NEW; END $$;
CREATE TRIGGER touch BEFORE INSERT ON shop.parent FOR EACH ROW WHEN (NEW.id > 0) EXECUTE FUNCTION shop.touch();
CREATE TRIGGER silent BEFORE UPDATE ON shop.parent FOR EACH ROW EXECUTE FUNCTION shop.touch();
ALTER TABLE shop.parent DISABLE TRIGGER silent;
CREATE RULE no_delete AS ON DELETE TO shop.no_key DO INSTEAD NOTHING;
ALTER TABLE shop.composite ENABLE ROW LEVEL SECURITY;
CREATE POLICY north ON shop.composite FOR SELECT TO PUBLIC USING (region = 'north');
CREATE SEQUENCE shop.down INCREMENT -1 MINVALUE -100 MAXVALUE -1 START -5 CYCLE CACHE 3;
SELECT nextval('shop.down');
COMMENT ON TABLE shop.parent IS 'it''s a parent';
COMMENT ON COLUMN shop.parent.note IS 'a note';
COMMENT ON FUNCTION shop.f_simple(integer, text) IS 'simple';
COMMENT ON CONSTRAINT parent_pkey ON shop.parent IS 'key';
COMMENT ON TRIGGER touch ON shop.parent IS 'touches';
COMMENT ON SCHEMA shop IS 'the shop';
COMMENT ON TYPE shop.mood IS 'a mood';
COMMENT ON VIEW shop.a_view IS 'a view';

-- Names that end a quotation, comments in a schema whose name needs quotes.
CREATE TABLE shop."$rights$" ("$rights$" integer PRIMARY KEY);
GRANT SELECT ON shop."$rights$" TO PUBLIC;
GRANT TRIGGER ON shop."$rights$" TO pg_monitor;
DO $maintain$ BEGIN
    IF current_setting('server_version_num')::integer >= 170000 THEN GRANT MAINTAIN ON shop."$rights$" TO pg_monitor; END IF;
END $maintain$;
COMMENT ON TABLE "Other ""schema"""."we""ird ta'ble; drop" IS 'it''s \ odd';
COMMENT ON STATISTICS shop.orders_stats IS 'of orders';
-- A check that old rows break.
CREATE DOMAIN shop.late AS text;
CREATE TABLE shop.lately (id integer PRIMARY KEY, v shop.late);
INSERT INTO shop.lately VALUES (1, 'bad');
ALTER DOMAIN shop.late ADD CONSTRAINT good CHECK (VALUE <> 'bad') NOT VALID;
-- What a partition has alone.
CREATE INDEX parts_2020_at ON shop.parts_2020 (at DESC);
CREATE STATISTICS shop.parts_other_stats (ndistinct) ON id, v FROM shop.parts_other;
ALTER TABLE shop.parts_other ADD CONSTRAINT parts_other_unique UNIQUE (v, id, at);
CREATE TRIGGER noted AFTER INSERT ON shop.parts FOR EACH ROW EXECUTE FUNCTION shop.touch();
ALTER TABLE shop.parts_2021 DISABLE TRIGGER noted;
ALTER TABLE shop.parts_2021_1 ENABLE ALWAYS TRIGGER noted;
-- A constraint trigger, whose entry as a constraint needs it, and it its table.
CREATE CONSTRAINT TRIGGER at_last AFTER INSERT ON shop.parent DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION shop.touch();
-- What views and statistics have beside their definition.
ALTER VIEW shop.a_view ALTER COLUMN twice SET DEFAULT 2;
ALTER STATISTICS shop.orders_stats SET STATISTICS 200;
CREATE STATISTICS shop.mat_stats (ndistinct) ON parent_id, total FROM shop.mat;
-- A declared encoding is left out wherever the value travels.
INSERT INTO shop.every_type (am) VALUES ('<?xml version="1.0" encoding="latin1"?><a>b</a>');
