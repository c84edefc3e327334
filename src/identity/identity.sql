-- identity: who may sign in at this node, what they may do, who is signed in now. Passwords stand here as Argon2id hashes, session ids as SHA-256.

-- migration 1 node
CREATE TABLE identity_account (id {id}, login TEXT NOT NULL UNIQUE, pseudonym TEXT NOT NULL UNIQUE, name TEXT NOT NULL, role TEXT NOT NULL, pin TEXT NOT NULL,
  password TEXT NOT NULL, made_ms BIGINT NOT NULL, closed_ms BIGINT NOT NULL);
CREATE TABLE identity_account_right (account BIGINT NOT NULL, code TEXT NOT NULL, PRIMARY KEY (account, code)) {clustered};
CREATE TABLE identity_session (hash {blob} NOT NULL PRIMARY KEY, account BIGINT NOT NULL, csrf TEXT NOT NULL,
  started_ms BIGINT NOT NULL, seen_ms BIGINT NOT NULL, ended_ms BIGINT NOT NULL) {clustered};
CREATE INDEX identity_session_started ON identity_session (started_ms);
-- wrong passwords of a login name, whether an account bears it or not: the answer must not tell
CREATE TABLE identity_guess (login {blob} NOT NULL PRIMARY KEY, failures BIGINT NOT NULL, last_ms BIGINT NOT NULL, locked_ms BIGINT NOT NULL) {clustered};
