-- What customers volunteer: consents, items, what is given in return, objections, and going dark.

-- One row per customer and purpose. config: the hash of the ask, or else of the purpose, that the latest decision rests
-- on; purpose_hash: the version of the purpose that was asked for; version: counts what happened, for readers outside.
CREATE TABLE consents (
  consent_id   BLOB NOT NULL PRIMARY KEY,
  person       BLOB NOT NULL,
  purpose      TEXT NOT NULL,
  record       BLOB NOT NULL,
  state        TEXT NOT NULL,
  version      BIGINT NOT NULL,
  config       TEXT NOT NULL,
  purpose_hash TEXT NOT NULL,
  ask          TEXT,
  requested_at TIMESTAMP NOT NULL,
  given_at     TIMESTAMP,
  expires_at   TIMESTAMP,
  ended_at     TIMESTAMP,
  reminded_at  TIMESTAMP,
  UNIQUE (person, purpose)
);
CREATE INDEX consents_by_end ON consents (state, expires_at);

-- value: salt and canonical JSON, sealed under the person's volunteered key; nothing once the item has ended. ends_at:
-- until when it waits.
CREATE TABLE items (
  item_id      BLOB NOT NULL PRIMARY KEY,
  person       BLOB NOT NULL,
  consent_id   BLOB NOT NULL,
  purpose      TEXT NOT NULL,
  ask          TEXT NOT NULL,
  ask_version  INTEGER NOT NULL,
  ask_hash     TEXT NOT NULL,
  record       BLOB NOT NULL,
  state        TEXT NOT NULL,
  version      BIGINT NOT NULL,
  value        BLOB,
  client_id    BLOB,
  grant_id     BLOB,
  submitted_at TIMESTAMP NOT NULL,
  ends_at      TIMESTAMP,
  ended_at     TIMESTAMP
);
CREATE INDEX items_by_person ON items (person, submitted_at);
CREATE INDEX items_by_consent ON items (consent_id);
CREATE INDEX items_by_end ON items (state, ends_at);

-- Where an item stands in the order of the consent log: the number of the entry that last changed whether or how it can
-- be used. It stays when the item is gone, without its person, so that readers learn that it is.
CREATE TABLE item_places (
  item_id BLOB NOT NULL PRIMARY KEY,
  person  BLOB,
  purpose TEXT NOT NULL,
  seq     BIGINT NOT NULL
);
CREATE INDEX item_places_by_seq ON item_places (purpose, seq);
CREATE INDEX item_places_by_person ON item_places (person);

-- Which system of the retailer has fetched which item; version: of the item, as it was last handed out.
CREATE TABLE fetches (
  item_id   BLOB NOT NULL,
  client_id BLOB NOT NULL,
  person    BLOB NOT NULL,
  first_at  TIMESTAMP NOT NULL,
  last_at   TIMESTAMP NOT NULL,
  version   BIGINT NOT NULL,
  PRIMARY KEY (item_id, client_id)
);
CREATE INDEX fetches_by_person ON fetches (person);

-- What systems of the retailer reported that they did with items.
CREATE TABLE uses (
  item_id   BLOB NOT NULL,
  client_id BLOB NOT NULL,
  person    BLOB NOT NULL,
  first_at  TIMESTAMP NOT NULL,
  last_at   TIMESTAMP NOT NULL,
  times     BIGINT NOT NULL,
  PRIMARY KEY (item_id, client_id)
);
CREATE INDEX uses_by_person ON uses (person);

-- What was promised for an item. amount: a decimal number as text; unit: a currency, or what else it is counted in.
-- due_at: until when it is to be given.
CREATE TABLE exchanges (
  exchange_id  BLOB NOT NULL PRIMARY KEY,
  person       BLOB NOT NULL,
  item_id      BLOB NOT NULL,
  ask          TEXT NOT NULL,
  ask_version  INTEGER NOT NULL,
  record       BLOB NOT NULL,
  state        TEXT NOT NULL,
  amount       TEXT NOT NULL,
  unit         TEXT NOT NULL,
  is_money     BOOLEAN NOT NULL,
  promised_at  TIMESTAMP NOT NULL,
  due_at       TIMESTAMP NOT NULL,
  delivered_at TIMESTAMP,
  reference    TEXT,
  ended_at     TIMESTAMP
);
CREATE INDEX exchanges_by_person ON exchanges (person, promised_at);
CREATE INDEX exchanges_by_item ON exchanges (item_id);
CREATE INDEX exchanges_by_due ON exchanges (state, due_at);

-- What became of a version of an ask that a customer was shown.
CREATE TABLE answers (
  person      BLOB NOT NULL,
  ask         TEXT NOT NULL,
  version     INTEGER NOT NULL,
  hash        TEXT NOT NULL,
  purpose     TEXT NOT NULL,
  state       TEXT NOT NULL,
  shown_at    TIMESTAMP NOT NULL,
  answered_at TIMESTAMP,
  closed_at   TIMESTAMP,
  PRIMARY KEY (person, ask, version)
);
CREATE INDEX answers_by_ask ON answers (ask, version);

-- What customers object to, until they lift it: marketing, channel/<channel>, purpose/<id>.
CREATE TABLE objections (
  person    BLOB NOT NULL,
  subject   TEXT NOT NULL,
  record    BLOB NOT NULL,
  raised_at TIMESTAMP NOT NULL,
  PRIMARY KEY (person, subject)
);

-- Who has gone dark and not started again. key_gone: whether the key of what they volunteered is destroyed.
CREATE TABLE dark (
  person      BLOB NOT NULL PRIMARY KEY,
  since       TIMESTAMP NOT NULL,
  quiet_until TIMESTAMP NOT NULL,
  record      BLOB NOT NULL,
  key_gone    BOOLEAN NOT NULL
);
CREATE INDEX dark_by_key ON dark (key_gone);
