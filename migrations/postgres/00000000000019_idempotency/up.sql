-- Requests that are carried out once, however often they are sent: what each was answered with, for a day. Neither what
-- was sent nor a hash that could be guessed from it is kept; a keyed hash of the whole request tells another one apart.
CREATE TABLE idempotency (
    key_hash BYTEA PRIMARY KEY,
    request_mac BYTEA NOT NULL,
    person BYTEA,
    answer TEXT COLLATE "C" NOT NULL,
    expires_at TIMESTAMP NOT NULL
);
CREATE INDEX idempotency_by_end ON idempotency (expires_at);
CREATE INDEX idempotency_by_person ON idempotency (person);
