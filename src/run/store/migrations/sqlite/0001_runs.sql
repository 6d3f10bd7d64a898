-- Instants are RFC 3339 texts in UTC, so that their order is the order of the texts. Paths are relative to the data folder.
CREATE TABLE runs (
    run_id            TEXT    PRIMARY KEY,
    job               TEXT    NOT NULL,
    period_id         TEXT    NOT NULL,
    period_start      TEXT    NOT NULL,
    period_end        TEXT    NOT NULL, -- last day included
    timezone          TEXT    NOT NULL,
    revision          INTEGER NOT NULL,
    trigger           TEXT    NOT NULL,
    state             TEXT    NOT NULL,
    fence             INTEGER NOT NULL,
    owner             TEXT    NOT NULL, -- the process that holds the fence
    as_of             TEXT,
    generated_at      TEXT,
    recipe            TEXT    NOT NULL, -- JSON
    snapshot_manifest TEXT,             -- JSON: SHA-256 by path
    notices           TEXT    NOT NULL DEFAULT '[]', -- JSON
    error             TEXT,
    created_at        TEXT    NOT NULL,
    finished_at       TEXT
) STRICT;

-- Test runs show the revision that a real one would have had and take no number.
CREATE UNIQUE INDEX runs_revision ON runs (job, period_id, revision) WHERE trigger <> 'test';
CREATE INDEX runs_by_time ON runs (created_at DESC);
CREATE INDEX runs_by_job ON runs (job, created_at DESC);

CREATE TABLE artifacts (
    run_id     TEXT    NOT NULL REFERENCES runs (run_id),
    position   INTEGER NOT NULL,
    name       TEXT    NOT NULL,
    media_type TEXT    NOT NULL,
    bytes      INTEGER NOT NULL,
    sha256     TEXT    NOT NULL,
    rows       INTEGER,
    path       TEXT    NOT NULL,
    PRIMARY KEY (run_id, position),
    UNIQUE (run_id, name)
) STRICT;

CREATE TABLE deliveries (
    id              INTEGER PRIMARY KEY,
    run_id          TEXT    NOT NULL REFERENCES runs (run_id),
    position        INTEGER NOT NULL, -- order in which the rows of a delivery are sent
    delivery        TEXT    NOT NULL,
    recipient       TEXT    NOT NULL,
    place           TEXT,             -- where the recipient lies, if its name alone does not say
    key             TEXT    NOT NULL,
    content_path    TEXT    NOT NULL,
    sha256          TEXT    NOT NULL,
    state           TEXT    NOT NULL,
    attempts        INTEGER NOT NULL DEFAULT 0,
    owner           TEXT,             -- while sending: the process that has the permit
    lease_until     TEXT,             -- while sending: when the permit ends at the latest
    next_attempt_at TEXT,
    receipt         TEXT,
    error           TEXT,
    updated_at      TEXT    NOT NULL,
    UNIQUE (run_id, key)
) STRICT;

CREATE TABLE attempts (
    delivery_id INTEGER NOT NULL REFERENCES deliveries (id),
    n           INTEGER NOT NULL,
    started_at  TEXT    NOT NULL,
    finished_at TEXT,
    outcome     TEXT, -- the state that followed; none: the process ended before it knew
    detail      TEXT,
    PRIMARY KEY (delivery_id, n)
) STRICT;
