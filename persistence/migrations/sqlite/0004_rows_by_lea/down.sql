DROP TABLE performance_lea;
