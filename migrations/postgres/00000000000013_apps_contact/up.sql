-- Where an app's operator is and how to reach them: whom a customer gave data to, as their record of it must say. Apps
-- that were registered before have none.
ALTER TABLE apps ADD COLUMN address TEXT;
ALTER TABLE apps ADD COLUMN contact TEXT;
