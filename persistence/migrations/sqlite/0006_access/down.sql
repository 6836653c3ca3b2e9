DROP TABLE audit;
DROP TABLE signing_key;
DROP TABLE client;
DROP TABLE publication;
