-- A statement about somebody who was erased keeps its place among those about its order, and says nothing. Objects may
-- have the mark 4 from now on: an erasure named them.
ALTER TABLE links ALTER COLUMN person DROP NOT NULL;
