-- The same tables as SQLite has, in one step. Instants are RFC 3339 texts in UTC, all of one form, so that every collation
-- puts them in the order of the instants. Paths are relative to the data folder.
CREATE TABLE runs (
    run_id            TEXT    PRIMARY KEY,
    job               TEXT    NOT NULL,
    period_id         TEXT    NOT NULL,
    period_start      TEXT    NOT NULL,
    period_end        TEXT    NOT NULL, -- last day included
    timezone          TEXT    NOT NULL,
    revision          BIGINT  NOT NULL,
    trigger           TEXT    NOT NULL,
    state             TEXT    NOT NULL,
    fence             BIGINT  NOT NULL,
    owner             TEXT    NOT NULL, -- the process that holds the fence
    as_of             TEXT,
    generated_at      TEXT,
    recipe            TEXT    NOT NULL, -- JSON
    snapshot_manifest TEXT,             -- JSON: SHA-256 by path
    notices           TEXT    NOT NULL DEFAULT '[]', -- JSON
    error             TEXT,
    created_at        TEXT    NOT NULL,
    finished_at       TEXT,
    lease_until       TEXT,
    home              TEXT    NOT NULL DEFAULT '',
    held              TEXT    NOT NULL DEFAULT '[]',
    measured          TEXT,
    dispatched_at     TEXT,
    wait_until        TEXT,
    losses            BIGINT  NOT NULL DEFAULT 0,
    snapshot_cleared_at  TEXT,
    artifacts_cleared_at TEXT
);

-- Test runs show the revision that a real one would have had and take no number.
CREATE UNIQUE INDEX runs_revision ON runs (job, period_id, revision) WHERE trigger <> 'test';
CREATE INDEX runs_by_time ON runs (created_at DESC);
CREATE INDEX runs_by_job ON runs (job, created_at DESC);

CREATE TABLE artifacts (
    run_id     TEXT    NOT NULL REFERENCES runs (run_id),
    position   BIGINT  NOT NULL,
    name       TEXT    NOT NULL,
    media_type TEXT    NOT NULL,
    bytes      BIGINT  NOT NULL,
    sha256     TEXT    NOT NULL,
    rows       BIGINT,
    path       TEXT    NOT NULL,
    PRIMARY KEY (run_id, position),
    UNIQUE (run_id, name)
);

CREATE TABLE deliveries (
    id              BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    run_id          TEXT    NOT NULL REFERENCES runs (run_id),
    position        BIGINT  NOT NULL, -- order in which the rows of a delivery are sent
    delivery        TEXT    NOT NULL,
    recipient       TEXT    NOT NULL,
    place           TEXT,             -- where the recipient lies, if its name alone does not say
    key             TEXT    NOT NULL,
    content_path    TEXT    NOT NULL,
    sha256          TEXT    NOT NULL,
    state           TEXT    NOT NULL,
    attempts        BIGINT  NOT NULL DEFAULT 0,
    next_attempt_at TEXT,
    receipt         TEXT,
    error           TEXT,
    updated_at      TEXT    NOT NULL,
    since           TEXT    NOT NULL DEFAULT '', -- from when on patience with it is counted: frozen, approved, or asked for again after it was given up
    UNIQUE (run_id, key)
);

CREATE TABLE attempts (
    delivery_id BIGINT  NOT NULL REFERENCES deliveries (id),
    n           BIGINT  NOT NULL,
    started_at  TEXT    NOT NULL,
    finished_at TEXT,
    outcome     TEXT, -- the state that followed; none: the process ended before it knew
    detail      TEXT,
    PRIMARY KEY (delivery_id, n)
);
-- The service: runs are leased, occurrences are rows, the owner hears of trouble.

CREATE INDEX runs_unfinished ON runs (state) WHERE state NOT IN ('delivered', 'partially_delivered', 'failed', 'held');
-- What earlier periods of a job came to.
CREATE INDEX runs_measured ON runs (job, period_start) WHERE measured IS NOT NULL;
-- Scheduled runs of a job in the order of their turns.
CREATE INDEX runs_in_line ON runs (job, as_of, run_id)
    WHERE trigger = 'schedule' AND state IN ('queued', 'fetching', 'snapshotted', 'rendered', 'checked');

-- How far each job's calendar has been written down.
CREATE TABLE jobs (
    job             TEXT PRIMARY KEY,
    schedule        TEXT NOT NULL, -- canonical text of everything that decides due times
    evaluated_until TEXT NOT NULL,
    promised        TEXT           -- closed period of the next occurrence, which an edited schedule must not lose
);

CREATE TABLE occurrences (
    job         TEXT    NOT NULL,
    nominal     TEXT    NOT NULL, -- local time, without an offset
    fold        BIGINT  NOT NULL,
    due_at      TEXT    NOT NULL,
    timezone    TEXT    NOT NULL,
    period_id   TEXT,
    closed      TEXT,             -- the id of a closed period: one scheduled occurrence each
    run_id      TEXT REFERENCES runs (run_id) DEFERRABLE INITIALLY DEFERRED,
    missed      TEXT,             -- why it did not run
    recorded_at TEXT    NOT NULL,
    PRIMARY KEY (job, nominal, fold)
);
CREATE UNIQUE INDEX occurrences_closed ON occurrences (job, closed) WHERE closed IS NOT NULL;
CREATE INDEX occurrences_by_run ON occurrences (run_id) WHERE run_id IS NOT NULL;

-- What operators have decided about runs, and edits of schedules, with what they changed.
CREATE TABLE audits (
    id     BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at     TEXT NOT NULL,
    what   TEXT NOT NULL,
    job    TEXT,
    run_id TEXT,
    detail TEXT NOT NULL -- JSON
);

-- What the owner is to hear, and in which bulletin it was told.
CREATE TABLE notices (
    id       BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at       TEXT NOT NULL,
    owner    TEXT NOT NULL, -- JSON list of addresses
    kind     TEXT NOT NULL,
    job      TEXT,
    period   TEXT,
    run_id   TEXT,
    text     TEXT NOT NULL,
    bulletin TEXT
);
CREATE INDEX notices_waiting ON notices (owner) WHERE bulletin IS NULL;
CREATE INDEX notices_by_bulletin ON notices (bulletin) WHERE bulletin IS NOT NULL;
CREATE INDEX notices_by_job ON notices (job) WHERE job IS NOT NULL;
CREATE INDEX notices_by_run ON notices (run_id) WHERE run_id IS NOT NULL;

CREATE TABLE bulletins (
    key             TEXT    PRIMARY KEY,
    owner           TEXT    NOT NULL,
    written_at      TEXT    NOT NULL,
    state           TEXT    NOT NULL, -- pending, acked, second_way
    attempts        BIGINT  NOT NULL DEFAULT 0,
    next_attempt_at TEXT,
    settled         TEXT    NOT NULL DEFAULT '{}', -- JSON: recipients that are not tried again, and whether they have it
    detail          TEXT
);
CREATE INDEX bulletins_pending ON bulletins (next_attempt_at) WHERE state = 'pending';

-- What the service knows of itself: `beat`, the last moment at which one was at work.
CREATE TABLE facts (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
);

-- Far ends that said they are gone (410): nothing is sent until somebody changes the address or asks for it.
CREATE TABLE gone (
    delivery TEXT NOT NULL,
    place    TEXT NOT NULL,
    since    TEXT NOT NULL,
    reason   TEXT NOT NULL,
    PRIMARY KEY (delivery, place)
);

CREATE INDEX deliveries_due ON deliveries (next_attempt_at) WHERE next_attempt_at IS NOT NULL;
CREATE INDEX deliveries_sending ON deliveries (run_id) WHERE state = 'sending';
-- What is waiting, given up or in doubt: little beside what was acknowledged.
CREATE INDEX deliveries_open ON deliveries (state) WHERE state NOT IN ('acked', 'superseded');
