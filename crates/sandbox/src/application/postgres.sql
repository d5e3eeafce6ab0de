CREATE SCHEMA shop;
CREATE TYPE shop.state AS ENUM ('new', 'used', 'mended');
CREATE TABLE shop.accounts (
  id bigint PRIMARY KEY,
  owner text NOT NULL,
  balance bigint NOT NULL,
  changed timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX accounts_owner ON shop.accounts (owner);
COMMENT ON TABLE shop.accounts IS 'what everybody has';
CREATE TABLE shop.transfers (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  token bigint NOT NULL,
  from_account bigint NOT NULL,
  to_account bigint NOT NULL,
  amount bigint NOT NULL CHECK (amount > 0),
  note varchar(100) NOT NULL,
  done timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX transfers_token ON shop.transfers (token);
CREATE INDEX transfers_done ON shop.transfers (done);
CREATE TABLE shop.products (
  id serial PRIMARY KEY,
  title text NOT NULL UNIQUE,
  price numeric(9,2) NOT NULL,
  state shop.state NOT NULL DEFAULT 'new',
  details jsonb,
  fingerprint bytea,
  sizes int[],
  with_tax numeric(10,2) GENERATED ALWAYS AS (price * 1.19) STORED
);
CREATE INDEX products_details ON shop.products USING gin (details);
CREATE TABLE shop.orders (
  id bigserial PRIMARY KEY,
  customer bigint NOT NULL REFERENCES shop.accounts (id),
  placed timestamptz NOT NULL
);
CREATE TABLE shop.order_lines (
  order_id bigint NOT NULL REFERENCES shop.orders (id) ON DELETE CASCADE,
  line smallint NOT NULL,
  product int NOT NULL REFERENCES shop.products (id),
  pieces int NOT NULL,
  PRIMARY KEY (order_id, line)
);
CREATE TABLE shop."settings ""of"" the house" (
  "key" text PRIMARY KEY,
  value text
);
INSERT INTO shop."settings ""of"" the house" VALUES ('greeting', 'Grüß Gott'), (E'tab\tkey', E'line\nbreak'), ('nothing', NULL);
CREATE TABLE shop.visits (
  page text NOT NULL,
  seen timestamptz NOT NULL
);
ALTER TABLE shop.visits REPLICA IDENTITY FULL;
INSERT INTO shop.visits VALUES ('/', '2024-01-01 00:00+00'), ('/', '2024-01-01 00:00+00'), ('/about', '2024-01-02 00:00+00');
CREATE VIEW shop.rich AS SELECT id, owner FROM shop.accounts WHERE balance > 1500;
CREATE FUNCTION shop.stamp() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.placed := coalesce(NEW.placed, now()); RETURN NEW; END $$;
CREATE TRIGGER new_order BEFORE INSERT ON shop.orders FOR EACH ROW EXECUTE FUNCTION shop.stamp();
