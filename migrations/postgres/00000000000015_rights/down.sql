DROP TABLE kept_objections;
DROP TABLE rights;
