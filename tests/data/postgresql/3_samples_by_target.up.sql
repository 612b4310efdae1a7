CREATE INDEX samples_by_target ON samples USING btree (target_id, taken_at DESC);
