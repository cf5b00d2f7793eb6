DROP INDEX objects_by_claim;
ALTER TABLE objects DROP COLUMN revision, DROP COLUMN mark, DROP COLUMN claim_value, DROP COLUMN claim;
DROP TABLE destructions;
DROP TABLE suppression;
DROP TABLE links;
DROP TABLE aliases;
DROP TABLE identities;
DROP INDEX customers_by_home;
ALTER TABLE customers DROP COLUMN veil_seq, DROP COLUMN hidden_categories, DROP COLUMN not_before,
  DROP COLUMN home_since, DROP COLUMN home;
