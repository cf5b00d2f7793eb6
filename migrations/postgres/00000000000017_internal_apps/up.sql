-- Systems of the retailer: apps that act for no customer. The purposes, a JSON list of ids, for which one may ask and
-- fetch; nothing for an app that customers let in.
ALTER TABLE apps ADD COLUMN purposes TEXT;

-- Access tokens of systems (RFC 6749 section 4.4), by their SHA-256; each bound to a key (RFC 9449).
CREATE TABLE system_tokens (
    token_hash BYTEA PRIMARY KEY,
    client_id BYTEA NOT NULL,
    jkt TEXT COLLATE "C" NOT NULL,
    expires_at TIMESTAMP NOT NULL
);
CREATE INDEX system_tokens_by_end ON system_tokens (expires_at);
