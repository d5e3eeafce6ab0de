-- What an ordinary application has, none of which is a defect. Its owner is no superuser.
CREATE ROLE app;
GRANT CREATE ON DATABASE shop TO app;
SET ROLE app;
CREATE SCHEMA ok;
CREATE TYPE ok.state AS ENUM ('new', 'paid', 'sent');
CREATE DOMAIN ok.email AS text CHECK (VALUE LIKE '%@%');
CREATE TYPE ok.size AS (width integer, height integer);
CREATE TABLE ok.customers (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    email ok.email NOT NULL UNIQUE,
    joined timestamptz NOT NULL DEFAULT now(),
    details jsonb,
    words tsvector
);
CREATE INDEX customers_details ON ok.customers USING gin (details);
CREATE INDEX customers_words ON ok.customers USING gin (words);
CREATE TABLE ok.orders (
    id bigserial PRIMARY KEY,
    customer bigint NOT NULL REFERENCES ok.customers,
    state ok.state NOT NULL DEFAULT 'new',
    box ok.size,
    amount numeric(12, 2) CHECK (amount >= 0),
    kind regclass
);
CREATE TABLE ok.visits (
    at timestamptz NOT NULL,
    page text NOT NULL,
    PRIMARY KEY (at, page)
) PARTITION BY RANGE (at);
CREATE TABLE ok.visits_2026 PARTITION OF ok.visits FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
CREATE TABLE ok.by_index (code text NOT NULL);
CREATE UNIQUE INDEX by_index_code ON ok.by_index (code);
ALTER TABLE ok.by_index REPLICA IDENTITY USING INDEX by_index_code;
CREATE VIEW ok.open_orders AS SELECT o.id, c.email FROM ok.orders AS o JOIN ok.customers AS c ON c.id = o.customer;
CREATE FUNCTION ok.touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.joined := now(); RETURN NEW; END $$;
CREATE TRIGGER touch BEFORE UPDATE ON ok.customers FOR EACH ROW EXECUTE FUNCTION ok.touch();
-- Words that only look like what is looked for.
CREATE FUNCTION ok.total(bigint) RETURNS numeric LANGUAGE sql STABLE AS $$
    SELECT sum(amount) /* a copy of what the report prints, from ok.orders */ FROM ok.orders WHERE customer = $1
$$;
CREATE FUNCTION ok.checked(text) RETURNS boolean LANGUAGE sql SECURITY DEFINER SET search_path = ok, pg_temp AS 'SELECT $1 <> ''''';
CREATE PROCEDURE ok.send(bigint) LANGUAGE plpgsql AS $$ BEGIN UPDATE ok.orders SET state = 'sent' WHERE id = $1; END $$;
CREATE AGGREGATE ok.product(numeric) (SFUNC = numeric_mul, STYPE = numeric, INITCOND = '1');
CREATE OPERATOR ok.=~ (LEFTARG = text, RIGHTARG = text, PROCEDURE = textlike);
CREATE TEXT SEARCH DICTIONARY ok.stems (TEMPLATE = snowball, LANGUAGE = english, STOPWORDS = english);
CREATE TEXT SEARCH CONFIGURATION ok.english (COPY = pg_catalog.english);
CREATE MATERIALIZED VIEW ok.unused AS SELECT 1 AS one;
DROP MATERIALIZED VIEW ok.unused;
CREATE STATISTICS ok.together ON customer, state FROM ok.orders;
COMMENT ON TABLE ok.orders IS 'what was ordered';
INSERT INTO ok.customers (email) SELECT 'c' || i || '@example.org' FROM generate_series(1, 500) AS i;
INSERT INTO ok.orders (customer, amount) SELECT id, id FROM ok.customers;
RESET ROLE;
CREATE EXTENSION pgcrypto;
CREATE EXTENSION citext;
