DROP TABLE job_part;
DROP TABLE job;
