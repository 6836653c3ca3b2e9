ALTER TABLE facts_body DROP COLUMN seal;
ALTER TABLE answer_body DROP COLUMN seal;
DROP TABLE seal;
