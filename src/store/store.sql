-- store: what the room keeps for itself. Versions of every room's tables, counters, and what must happen after a change.

-- migration 1 node
CREATE TABLE store_counter (name TEXT NOT NULL PRIMARY KEY, last BIGINT NOT NULL) {clustered};
CREATE TABLE store_outbox (id {id}, topic TEXT NOT NULL, uid TEXT NOT NULL, bytes {blob} NOT NULL);
CREATE UNIQUE INDEX store_outbox_uid ON store_outbox (topic, uid);
CREATE INDEX store_outbox_order ON store_outbox (topic, id);

-- migration 1 log
CREATE TABLE store_counter (name TEXT NOT NULL PRIMARY KEY, last BIGINT NOT NULL) {clustered};
