DROP TABLE logins;
DROP TABLE sessions;
DROP TABLE used_ids;
DROP TABLE tokens;
DROP TABLE codes;
DROP TABLE pushed_requests;
DROP TABLE grants;
DROP TABLE apps;
