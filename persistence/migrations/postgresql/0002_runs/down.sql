DROP TABLE current_run;
DROP TABLE answer;
DROP TABLE answer_body;
DROP TABLE run_edition;
DROP TABLE run_release;
DROP TABLE run;
DROP TABLE edition;
