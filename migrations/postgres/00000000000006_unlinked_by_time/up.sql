-- What is too old is found without reading every document.
CREATE INDEX unlinked_by_time ON unlinked (waiting, since);
