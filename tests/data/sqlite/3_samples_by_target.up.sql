CREATE INDEX samples_by_target ON samples (target_id, taken_at DESC);
