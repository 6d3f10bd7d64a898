-- What a run that goes out to nobody withdraws of earlier revisions: the deliveries, between commas, and the run whose figures are not
-- known to differ, which it leaves alone.
ALTER TABLE runs ADD COLUMN withdraws TEXT;
ALTER TABLE runs ADD COLUMN same_as TEXT;
