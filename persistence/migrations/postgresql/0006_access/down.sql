DROP TABLE audit;
DROP FUNCTION audit_is_only_added_to();
DROP TABLE signing_key;
DROP TABLE client;
DROP TABLE publication;
