-- What later runs need of a run: SHA-256 of the file of its figures, and why it went out to nobody.
ALTER TABLE runs ADD COLUMN figures TEXT;
ALTER TABLE runs ADD COLUMN unsent TEXT;

-- What is known of the rules (`when`) of each job.
CREATE TABLE rules (
    job        TEXT   NOT NULL,
    rule       TEXT   NOT NULL, -- what it says; a rule that is edited is another one
    run_id     TEXT   NOT NULL, -- the run that last judged it
    period_end TEXT   NOT NULL, -- last day of that run's period
    holds      INTEGER NOT NULL, -- whether it held then, and its report went out
    fired_for  TEXT,            -- the last period for which a report went out because of it
    is_unknown INTEGER NOT NULL, -- whether its figure was not known then
    PRIMARY KEY (job, rule)
) STRICT;

-- What owners were alerted to, so that they hear of each thing once.
CREATE TABLE alerts (
    job    TEXT NOT NULL,
    key    TEXT NOT NULL,
    run_id TEXT NOT NULL, -- the run that found it first
    at     TEXT NOT NULL,
    PRIMARY KEY (job, key)
) STRICT;
