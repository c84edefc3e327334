-- exchange: what happened between members (log) and, on the operator's node, who they are (node).

-- migration 1 log
-- One row a message and side: 1 we asked, 2 we answered. is_answer: 0 request, 1 answer, 2 refusal of a message that was not taken. body and signature only where the message went through; a refusal keeps the facts.
CREATE TABLE message (seq {id}, at_ms BIGINT NOT NULL, side BIGINT NOT NULL, is_answer BIGINT NOT NULL, request_id TEXT NOT NULL, message_id TEXT NOT NULL,
  client TEXT NOT NULL, service TEXT NOT NULL, user_id TEXT NOT NULL, issue TEXT NOT NULL, status BIGINT NOT NULL, fault TEXT NOT NULL, fault_id TEXT NOT NULL,
  took_us BIGINT NOT NULL, head {blob}, body {blob}, body_bytes BIGINT NOT NULL, digest {blob}, signature {blob}, chain_result {blob}, chain {blob});
-- A message that was seen is not taken a second time; the client stands in it so that nobody can use up another's ids.
CREATE UNIQUE INDEX message_rid ON message (request_id, side, is_answer, client);
CREATE INDEX message_at ON message (at_ms);
CREATE INDEX message_service ON message (service, at_ms);
CREATE INDEX message_client ON message (client, at_ms);
CREATE INDEX message_fault ON message (at_ms) WHERE fault <> '';

-- migration 1 node
-- Published journal heads: on the operator's node of every server, elsewhere the own one as it was last acknowledged.
CREATE TABLE exchange_head (server TEXT NOT NULL PRIMARY KEY, size BIGINT NOT NULL, verifier_key TEXT NOT NULL, checkpoint TEXT NOT NULL, at_ms BIGINT NOT NULL) {clustered};

-- The certificate authority: kind as in trust/cert.h (enum cert_kind); revoked_ms is FAR while the certificate is good.
CREATE TABLE exchange_cert (serial {id}, kind BIGINT NOT NULL, subject TEXT NOT NULL, der {blob} NOT NULL, issued_ms BIGINT NOT NULL, ends_ms BIGINT NOT NULL, revoked_ms BIGINT NOT NULL);
CREATE INDEX exchange_cert_kind ON exchange_cert (kind, serial);

-- The directory of members. subsystem is empty for the member itself.
CREATE TABLE exchange_member (class TEXT NOT NULL, code TEXT NOT NULL, subsystem TEXT NOT NULL, name TEXT NOT NULL, PRIMARY KEY (class, code, subsystem)) {clustered};
CREATE TABLE exchange_server (class TEXT NOT NULL, code TEXT NOT NULL, server TEXT NOT NULL, address TEXT NOT NULL, PRIMARY KEY (class, code, server)) {clustered};
CREATE TABLE exchange_server_cert (class TEXT NOT NULL, code TEXT NOT NULL, server TEXT NOT NULL, hash TEXT NOT NULL, der {blob} NOT NULL, PRIMARY KEY (class, code, server, hash)) {clustered};
CREATE TABLE exchange_client (class TEXT NOT NULL, code TEXT NOT NULL, server TEXT NOT NULL, subsystem TEXT NOT NULL, PRIMARY KEY (class, code, server, subsystem)) {clustered};
CREATE TABLE exchange_publication (path TEXT NOT NULL PRIMARY KEY, at_ms BIGINT NOT NULL, bytes {blob} NOT NULL) {clustered};

-- migration 2 log
-- Time-stamps of the message log: one token for the signatures of all messages from first_seq to last_seq, and so that no message is left out, first_seq follows the
-- last_seq before. leaves: for each signed message its seq (8 bytes, big end first) and the SHA-512 of its signature document.
CREATE TABLE message_stamp (last_seq {id}, first_seq BIGINT NOT NULL, at_ms BIGINT NOT NULL, n BIGINT NOT NULL, service TEXT NOT NULL, leaves {blob} NOT NULL, result {blob} NOT NULL,
  token {blob} NOT NULL);
-- The same for heads of the journal: a token for the signed note of the head of this size.
CREATE TABLE message_head_stamp (size {id}, at_ms BIGINT NOT NULL, service TEXT NOT NULL, note TEXT NOT NULL, token {blob} NOT NULL);

-- migration 2 node
-- One row: how stamping goes. failing_since_ms is FAR while it goes well.
CREATE TABLE exchange_stamping (id BIGINT PRIMARY KEY, tried_ms BIGINT NOT NULL, failing_since_ms BIGINT NOT NULL, reason TEXT NOT NULL);
-- Sandbox: services of the operator that were stopped (stall_ms 0) or made to answer late, to show what happens then.
CREATE TABLE exchange_outage (service TEXT NOT NULL PRIMARY KEY, stall_ms BIGINT NOT NULL, since_ms BIGINT NOT NULL) {clustered};

-- migration 3 log
-- What the message log is searched by: derived from message, outside the commit of a message, up to the row that the bookmark names; may be emptied and made again.
-- A class: rows of one kind (side, is_answer) between one client and one service, with one fault or none; n: how many. There are few classes.
CREATE TABLE message_class (id {id}, side BIGINT NOT NULL, kind BIGINT NOT NULL, client TEXT NOT NULL, service TEXT NOT NULL, fault TEXT NOT NULL, n BIGINT NOT NULL);
CREATE UNIQUE INDEX message_class_is ON message_class (client, service, side, kind, fault);
CREATE TABLE message_place (class BIGINT NOT NULL, at_ms BIGINT NOT NULL, seq BIGINT NOT NULL, PRIMARY KEY (class, at_ms, seq)) {clustered};
-- Hashes of message ids and ids of faults.
CREATE TABLE message_name (hash BIGINT NOT NULL, seq BIGINT NOT NULL, PRIMARY KEY (hash, seq)) {clustered};
CREATE TABLE message_bookmark (id BIGINT PRIMARY KEY, seq BIGINT NOT NULL);
INSERT INTO message_bookmark (id, seq) VALUES (1, 0);

-- migration 3 node
-- Status answers of certificates at hand: our own (instance empty) and those of peers; hash: SHA-256 of the certificate. They serve after a restart as long as they are good.
CREATE TABLE exchange_status (hash {blob} NOT NULL PRIMARY KEY, instance TEXT NOT NULL, cert {blob} NOT NULL, answer {blob} NOT NULL, fetched_ms BIGINT NOT NULL, until_ms BIGINT NOT NULL);
CREATE INDEX exchange_status_until ON exchange_status (until_ms);

-- migration 4 log
-- One row: how far retention went: rows up to seq and time-stamps up to stamp_seq are gone, n rows in all, the last ones at at_ms.
CREATE TABLE message_cut (id BIGINT PRIMARY KEY, seq BIGINT NOT NULL, stamp_seq BIGINT NOT NULL, at_ms BIGINT NOT NULL, n BIGINT NOT NULL);
INSERT INTO message_cut (id, seq, stamp_seq, at_ms, n) VALUES (1, 0, 0, 0, 0);

-- migration 4 node
-- Anchors of the nations with which the operator federated this one; and global groups beside the built-in security-server-owners, their members by exact id.
CREATE TABLE exchange_anchor (instance TEXT NOT NULL PRIMARY KEY, at_ms BIGINT NOT NULL, xml {blob} NOT NULL) {clustered};
CREATE TABLE exchange_group (code TEXT NOT NULL PRIMARY KEY, title TEXT NOT NULL) {clustered};
CREATE TABLE exchange_group_member (code TEXT NOT NULL, member TEXT NOT NULL, PRIMARY KEY (code, member)) {clustered};

-- migration 5 log
-- Messages are searched through message_class and message_place; these only made every message dearer. message_at stays for the counts of each minute.
DROP INDEX message_service;
DROP INDEX message_client;
DROP INDEX message_fault;
-- The document that signs many messages at once stands here once for those that were written together; signature of message is then its id, in 8 bytes.
CREATE TABLE message_signature (id {id}, xml {blob} NOT NULL);

-- migration 6 log
-- When the newest row of a class came, so that a search for the newest asks no index. Made again with the whole index.
ALTER TABLE message_class ADD COLUMN last_ms BIGINT NOT NULL DEFAULT 0;
DELETE FROM message_class;
DELETE FROM message_place;
DELETE FROM message_name;
UPDATE message_bookmark SET seq = 0 WHERE id = 1;

-- migration 7 log
-- Files of archives, each with the signed messages among the rows first_seq to last_seq; digest: of everything up to there, hex. is_durable 0: planned, perhaps written.
CREATE TABLE message_archive (last_seq {id}, first_seq BIGINT NOT NULL, at_ms BIGINT NOT NULL, n BIGINT NOT NULL, file TEXT NOT NULL, digest TEXT NOT NULL, is_durable BIGINT NOT NULL);
-- One row: how far the archives reach, and when a run was last complete.
CREATE TABLE message_archived (id BIGINT PRIMARY KEY, seq BIGINT NOT NULL, ran_ms BIGINT NOT NULL);
INSERT INTO message_archived (id, seq, ran_ms) VALUES (1, 0, 0);

-- migration 8 log
-- Exchanges that ended, by minute of 1970 and class: of the rows up to the bookmark, and of the last day. Who empties the index empties this too. Begun with the last two hours.
CREATE TABLE message_minute (minute BIGINT NOT NULL, class BIGINT NOT NULL, n BIGINT NOT NULL, took_us BIGINT NOT NULL, last_ms BIGINT NOT NULL, PRIMARY KEY (minute, class)) {clustered};
INSERT INTO message_minute (minute, class, n, took_us, last_ms) SELECT m.at_ms / 60000, k.id, COUNT(*), CAST(SUM(m.took_us) AS BIGINT), MAX(m.at_ms)
  FROM message m JOIN message_class k ON k.client = m.client AND k.service = m.service AND k.side = m.side AND k.kind = m.is_answer AND k.fault = m.fault
  WHERE m.at_ms >= (SELECT COALESCE(MAX(at_ms), 0) FROM message) - 7200000 AND m.is_answer <> 0 AND m.seq <= (SELECT seq FROM message_bookmark WHERE id = 1) GROUP BY m.at_ms / 60000, k.id;
-- Nothing asks the rows by their moment any more.
DROP INDEX message_at;

-- migration 9 log
-- Leaves of the next time-stamp (as in message_stamp) of rows that no time-stamp covers yet and the index has, derived like it; first_ms: of the oldest of these rows. They
-- stand for the rows behind the second bookmark. Who empties the index empties this too and sets both bookmarks back.
CREATE TABLE message_leaves (last_seq {id}, first_seq BIGINT NOT NULL, n BIGINT NOT NULL, first_ms BIGINT NOT NULL, leaves {blob} NOT NULL);
INSERT INTO message_bookmark (id, seq) SELECT 2, seq FROM message_bookmark WHERE id = 1;

-- migration 10 log
-- Where the rows of a class stand, by second: each place is the row's number and the millisecond (message_place.c); first_seq: of the first one when it was written. Fewer
-- rows than messages. Made again with the whole index. Leaves, here and in message_stamp, are folded (message_fold.c): where the digest is that of the leaf before, the number
-- stands alone, its highest bit set; those of before read as they are.
DROP TABLE message_place;
CREATE TABLE message_place (class BIGINT NOT NULL, second BIGINT NOT NULL, first_seq BIGINT NOT NULL, places {blob} NOT NULL, PRIMARY KEY (class, second, first_seq)) {clustered};
DELETE FROM message_class;
DELETE FROM message_name;
DELETE FROM message_minute;
DELETE FROM message_leaves;
UPDATE message_bookmark SET seq = 0;

-- migration 5 node
-- One row: why the operator did not get the newest head of our journal, as a sentence of the program and its values with tabs between; empty while it does.
CREATE TABLE exchange_head_trouble (id BIGINT PRIMARY KEY, reason TEXT NOT NULL, with_values TEXT NOT NULL);
INSERT INTO exchange_head_trouble (id, reason, with_values) VALUES (1, '', '');
