DROP TABLE nces_id;
DROP TABLE charter_location;
DROP TABLE geographic_lead;
DROP TABLE charter_list_group;
DROP TABLE charter_list;
DROP TABLE directory;
DROP TABLE release_kept;
