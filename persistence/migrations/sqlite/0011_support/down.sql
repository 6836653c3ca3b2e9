DELETE FROM seal WHERE subject IN ('support_record', 'support_version');
DROP TABLE support_version;
DROP TABLE support_record;
