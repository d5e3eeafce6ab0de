-- The journal's file. user_version is the format version of the records.
CREATE TABLE records (
    seq       INTEGER PRIMARY KEY,
    at        TEXT    NOT NULL,
    version   INTEGER NOT NULL,
    run       INTEGER NOT NULL,
    kind      TEXT    NOT NULL,
    step      TEXT,
    actor     TEXT    NOT NULL,
    payload   TEXT    NOT NULL,
    prev_hash TEXT    NOT NULL,
    hash      TEXT    NOT NULL
) STRICT;

-- Against the slip of a hand; against intent there is the hash chain.
CREATE TRIGGER records_are_never_changed BEFORE UPDATE ON records
BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
CREATE TRIGGER records_are_never_removed BEFORE DELETE ON records
BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;

-- One row: who may write. holder is null when nobody does.
CREATE TABLE lease (
    id       INTEGER PRIMARY KEY CHECK (id = 1),
    fence    INTEGER NOT NULL,
    holder   TEXT,
    taken_at TEXT,
    beat_at  TEXT
) STRICT;
INSERT INTO lease (id, fence) VALUES (1, 0);

CREATE TABLE inbox (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    ask        TEXT    NOT NULL,
    by         TEXT    NOT NULL,
    posted_at  TEXT    NOT NULL,
    expires_at TEXT    NOT NULL,
    answer     TEXT
) STRICT;

PRAGMA user_version = 1;
