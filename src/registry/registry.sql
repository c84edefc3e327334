-- Tables that all registers share. A register's own tables are made from its file at start (ddl.c).

-- migration 1 node
-- One delta is one change or one load; rec_from and rec_to of every version are delta numbers. state: 0 open, 1 closed.
CREATE TABLE registry_delta (id {id}, register TEXT NOT NULL, state BIGINT NOT NULL, opened_ms BIGINT NOT NULL, closed_ms BIGINT NOT NULL,
  actor TEXT NOT NULL, reason TEXT NOT NULL, document TEXT NOT NULL);
-- Identity only: never deleted, never renumbered. Numbers are unique over all registers of the node, because journals name subjects by them.
CREATE TABLE registry_entity (id {id}, register TEXT NOT NULL, created_delta BIGINT NOT NULL);
-- What stands already in the database, so that a changed file adds columns and nothing else.
CREATE TABLE registry_column (register TEXT NOT NULL, part TEXT NOT NULL, name TEXT NOT NULL, kind TEXT NOT NULL,
  PRIMARY KEY (register, part, name)) {clustered};

-- migration 2 node
-- How far the search keys of a register are made (search_keys.c): version of the rules; upto: the last entry that has its keys, all of them when it is the far end.
CREATE TABLE registry_search (register TEXT PRIMARY KEY, version BIGINT NOT NULL, upto BIGINT NOT NULL);
