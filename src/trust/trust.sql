-- trust.sql: the journal. An entry is one event; it has a leaf in the tree for each person it is about (one leaf when it is about nobody).

-- migration 1 log
CREATE TABLE journal_entry (seq {id}, uid TEXT NOT NULL UNIQUE, at_ms BIGINT NOT NULL, kind TEXT NOT NULL, class BIGINT NOT NULL,
  show_from_ms BIGINT NOT NULL, agency TEXT NOT NULL, actor TEXT NOT NULL, role TEXT NOT NULL, purpose TEXT NOT NULL, basis TEXT NOT NULL, issue TEXT NOT NULL,
  fields TEXT NOT NULL, message TEXT NOT NULL, fault TEXT NOT NULL,
  first_leaf BIGINT NOT NULL, subjects {blob} NOT NULL);
-- complete subtrees only, leaves are level 0
CREATE TABLE journal_node (level BIGINT NOT NULL, pos BIGINT NOT NULL, hash {blob} NOT NULL, PRIMARY KEY (level, pos)) {clustered};
-- one row: the last entry and the edge of the tree, so that an appender reads one row and two processes wait for each other on it
CREATE TABLE journal_edge (id BIGINT PRIMARY KEY, seq BIGINT NOT NULL, size BIGINT NOT NULL, peaks {blob} NOT NULL);
INSERT INTO journal_edge (id, seq, size, peaks) VALUES (1, 0, 0, '');
CREATE TABLE journal_head (size BIGINT PRIMARY KEY, root {blob} NOT NULL, at_ms BIGINT NOT NULL, note TEXT NOT NULL, verifier TEXT NOT NULL);
-- derived from journal_entry, outside the commit of an entry; may be emptied and made again
CREATE TABLE journal_subject (person BIGINT NOT NULL, leaf BIGINT NOT NULL, seq BIGINT NOT NULL, PRIMARY KEY (person, leaf)) {clustered};
CREATE TABLE journal_bookmark (id BIGINT PRIMARY KEY, seq BIGINT NOT NULL);
INSERT INTO journal_bookmark (id, seq) VALUES (1, 0);
