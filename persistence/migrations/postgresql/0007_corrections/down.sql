DROP TABLE moment;
DROP TABLE withdrawal;
ALTER TABLE release DROP COLUMN beside;
