-- The run whose report went out because of the rule last: while that has reached nobody, nothing has come of it.
ALTER TABLE rules ADD COLUMN fired_by TEXT;
