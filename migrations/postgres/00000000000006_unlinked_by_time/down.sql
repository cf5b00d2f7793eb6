DROP INDEX unlinked_by_time;
