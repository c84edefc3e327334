-- test.sql: tables for the unit tests of this room; never in the program.

-- migration 1 node
CREATE TABLE test_item (id {id}, name TEXT NOT NULL, bytes {blob}, CHECK (name <> 'forbidden'));
CREATE UNIQUE INDEX test_item_name ON test_item (name);
CREATE TABLE test_pair (a BIGINT NOT NULL, b BIGINT NOT NULL, PRIMARY KEY (a)) {clustered};

-- migration 1 log
CREATE TABLE test_line (id {id}, text TEXT NOT NULL);
