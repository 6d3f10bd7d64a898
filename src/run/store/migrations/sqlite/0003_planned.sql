-- JSON: what a job's due times are computed from, to tell what an edit changes.
ALTER TABLE jobs ADD COLUMN planned TEXT;
