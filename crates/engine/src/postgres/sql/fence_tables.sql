-- What a fence took away, kept on the server itself so that any later process can give back exactly that.
CREATE SCHEMA IF NOT EXISTS daybreak;
COMMENT ON SCHEMA daybreak IS 'Daybreak keeps here what it must give back; drop it when the migration is over.';
CREATE TABLE IF NOT EXISTS daybreak.fence (
    fenced_at        timestamptz NOT NULL,
    schemas          text[] NOT NULL,
    database_setting text,
    only_one         boolean PRIMARY KEY DEFAULT true CHECK (only_one)
);
CREATE TABLE IF NOT EXISTS daybreak.fence_acl (
    relation      oid NOT NULL,
    column_number smallint NOT NULL,
    acl           aclitem[],
    PRIMARY KEY (relation, column_number)
);
CREATE TABLE IF NOT EXISTS daybreak.fence_probe (probe integer);
