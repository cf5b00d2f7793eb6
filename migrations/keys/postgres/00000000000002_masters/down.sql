DROP TABLE masters;
