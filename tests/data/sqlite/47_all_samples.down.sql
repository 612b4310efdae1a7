DROP VIEW all_samples;
