-- The service: runs are leased, occurrences are rows, the owner hears of trouble.

-- While a process is at work on it; whoever finds it past, or the process gone, may take the run over.
ALTER TABLE runs ADD COLUMN lease_until TEXT;
-- Folder of snapshot, artifacts and outbox, relative to the data folder: each take-over before `frozen` gets its own.
ALTER TABLE runs ADD COLUMN home TEXT NOT NULL DEFAULT '';
-- Why a gate held it: JSON list of sentences.
ALTER TABLE runs ADD COLUMN held TEXT NOT NULL DEFAULT '[]';
-- The value of the gate's metric, unrounded, for the norm of later runs.
ALTER TABLE runs ADD COLUMN measured TEXT;
-- When the service last handed it to a worker.
ALTER TABLE runs ADD COLUMN dispatched_at TEXT;
-- Not before this time, while it waits for late data or for room on the disk.
ALTER TABLE runs ADD COLUMN wait_until TEXT;
-- How often it was lost, before it was frozen, by a process that ended or fell silent with it in its hands.
ALTER TABLE runs ADD COLUMN losses INTEGER NOT NULL DEFAULT 0;
-- When files were cleared away because they were old.
ALTER TABLE runs ADD COLUMN snapshot_cleared_at TEXT;
ALTER TABLE runs ADD COLUMN artifacts_cleared_at TEXT;
CREATE INDEX runs_unfinished ON runs (state) WHERE state NOT IN ('delivered', 'partially_delivered', 'failed', 'held');
-- What earlier periods of a job came to.
CREATE INDEX runs_measured ON runs (job, period_start) WHERE measured IS NOT NULL;
-- Scheduled runs of a job in the order of their turns.
CREATE INDEX runs_in_line ON runs (job, as_of, run_id)
    WHERE trigger = 'schedule' AND state IN ('queued', 'fetching', 'snapshotted', 'rendered', 'checked');

-- Who sends a parcel is who holds its run.
ALTER TABLE deliveries DROP COLUMN owner;
ALTER TABLE deliveries DROP COLUMN lease_until;
-- From when on patience with it is counted: frozen, approved, or asked for again after it was given up.
ALTER TABLE deliveries ADD COLUMN since TEXT NOT NULL DEFAULT '';
UPDATE deliveries SET since = (SELECT coalesce(generated_at, created_at) FROM runs WHERE runs.run_id = deliveries.run_id);

-- Home of runs of earlier versions.
UPDATE runs SET home = 'runs/' || run_id;

-- How far each job's calendar has been written down.
CREATE TABLE jobs (
    job             TEXT PRIMARY KEY,
    schedule        TEXT NOT NULL, -- canonical text of everything that decides due times
    evaluated_until TEXT NOT NULL,
    promised        TEXT           -- closed period of the next occurrence, which an edited schedule must not lose
) STRICT;

CREATE TABLE occurrences (
    job         TEXT    NOT NULL,
    nominal     TEXT    NOT NULL, -- local time, without an offset
    fold        INTEGER NOT NULL,
    due_at      TEXT    NOT NULL,
    timezone    TEXT    NOT NULL,
    period_id   TEXT,
    closed      TEXT,             -- the id of a closed period: one scheduled occurrence each
    run_id      TEXT REFERENCES runs (run_id) DEFERRABLE INITIALLY DEFERRED,
    missed      TEXT,             -- why it did not run
    recorded_at TEXT    NOT NULL,
    PRIMARY KEY (job, nominal, fold)
) STRICT;
CREATE UNIQUE INDEX occurrences_closed ON occurrences (job, closed) WHERE closed IS NOT NULL;
CREATE INDEX occurrences_by_run ON occurrences (run_id) WHERE run_id IS NOT NULL;

-- What operators have decided about runs, and edits of schedules, with what they changed.
CREATE TABLE audits (
    id     INTEGER PRIMARY KEY,
    at     TEXT NOT NULL,
    what   TEXT NOT NULL,
    job    TEXT,
    run_id TEXT,
    detail TEXT NOT NULL -- JSON
) STRICT;

-- What the owner is to hear, and in which bulletin it was told.
CREATE TABLE notices (
    id       INTEGER PRIMARY KEY,
    at       TEXT NOT NULL,
    owner    TEXT NOT NULL, -- JSON list of addresses
    kind     TEXT NOT NULL,
    job      TEXT,
    period   TEXT,
    run_id   TEXT,
    text     TEXT NOT NULL,
    bulletin TEXT
) STRICT;
CREATE INDEX notices_waiting ON notices (owner) WHERE bulletin IS NULL;
CREATE INDEX notices_by_bulletin ON notices (bulletin) WHERE bulletin IS NOT NULL;
CREATE INDEX notices_by_job ON notices (job) WHERE job IS NOT NULL;
CREATE INDEX notices_by_run ON notices (run_id) WHERE run_id IS NOT NULL;

CREATE TABLE bulletins (
    key             TEXT    PRIMARY KEY,
    owner           TEXT    NOT NULL,
    written_at      TEXT    NOT NULL,
    state           TEXT    NOT NULL, -- pending, acked, second_way
    attempts        INTEGER NOT NULL DEFAULT 0,
    next_attempt_at TEXT,
    settled         TEXT    NOT NULL DEFAULT '{}', -- JSON: recipients that are not tried again, and whether they have it
    detail          TEXT
) STRICT;
CREATE INDEX bulletins_pending ON bulletins (next_attempt_at) WHERE state = 'pending';

-- What the service knows of itself: `beat`, the last moment at which one was at work.
CREATE TABLE facts (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;

-- Far ends that said they are gone (410): nothing is sent until somebody changes the address or asks for it.
CREATE TABLE gone (
    delivery TEXT NOT NULL,
    place    TEXT NOT NULL,
    since    TEXT NOT NULL,
    reason   TEXT NOT NULL,
    PRIMARY KEY (delivery, place)
) STRICT;

CREATE INDEX deliveries_due ON deliveries (next_attempt_at) WHERE next_attempt_at IS NOT NULL;
CREATE INDEX deliveries_sending ON deliveries (run_id) WHERE state = 'sending';
-- What is waiting, given up or in doubt: little beside what was acknowledged.
CREATE INDEX deliveries_open ON deliveries (state) WHERE state NOT IN ('acked', 'superseded');
