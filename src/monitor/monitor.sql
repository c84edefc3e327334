-- monitor: at the operator's node, what each server told last, and its exchanges by minute of the last day. States and counts only.

-- migration 1 node
CREATE TABLE monitor_report (server TEXT NOT NULL PRIMARY KEY, at_ms BIGINT NOT NULL, received_ms BIGINT NOT NULL) {clustered};
-- value: one letter for its kind, then the value (report.c); because and name: the sentence that tells the cause, and its one value.
CREATE TABLE monitor_finding (server TEXT NOT NULL, position BIGINT NOT NULL, code TEXT NOT NULL, value1 TEXT NOT NULL, value2 TEXT NOT NULL, value3 TEXT NOT NULL,
  fault TEXT NOT NULL, because TEXT NOT NULL, name TEXT NOT NULL, PRIMARY KEY (server, position)) {clustered};
-- side as in the message log: 1 the server asked, 2 it answered, 3 both.
CREATE TABLE monitor_count (server TEXT NOT NULL, minute BIGINT NOT NULL, side BIGINT NOT NULL, client TEXT NOT NULL, service TEXT NOT NULL, fault TEXT NOT NULL,
  n BIGINT NOT NULL, took_us BIGINT NOT NULL, last_ms BIGINT NOT NULL, fault_id TEXT NOT NULL, PRIMARY KEY (server, minute, side, client, service, fault)) {clustered};
CREATE INDEX monitor_count_minute ON monitor_count (minute);
