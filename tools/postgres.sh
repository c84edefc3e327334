#!/bin/sh
# postgres.sh: a private PostgreSQL for tests: `postgres.sh start DIR [PORT]` makes and starts one below DIR and prints its base URL (append
# /NAME); `postgres.sh stop DIR` ends it; `postgres.sh run COMMAND...` runs a command with SEN_TEST_POSTGRES set to the server that
# SEN_SHARED_POSTGRES names, or else to one of its own, which is gone afterwards; `postgres.sh alone COMMAND...` always to one of its own,
# for a command that harms it. Starting twice is fine. It listens on a socket in DIR only and trusts whoever may reach that socket; since
# the server refuses root, it runs as the user postgres then. The data stays in DIR: remove the folder to forget it. SEN_POSTGRES_FSYNC=off,
# which `run` and `alone` mean anyway, makes one that does not wait for the disk: it outlives every process, but no loss of power.
set -eu

usage() { echo "usage: $0 start DIR [PORT] | stop DIR | run COMMAND... | alone COMMAND..." >&2; exit 64; }
[ $# -ge 2 ] || usage
verb=$1
shift

bin=
for found in /usr/lib/postgresql/*/bin; do [ -x "$found/initdb" ] && bin=$found; done
[ -n "$bin" ] || { echo "PostgreSQL is not installed: apt-get install postgresql" >&2; exit 69; }

# A server that reads files as another user must be able to walk to them.
as_server() {
  if [ "$(id -u)" = 0 ]; then (cd / && runuser -u postgres -- "$@"); else "$@"; fi
}

is_running() { [ -f "$data/postmaster.pid" ] && as_server "$bin/pg_ctl" -D "$data" status >/dev/null 2>&1; }

in_folder() {
  mkdir -p "$1"
  dir=$(cd "$1" && pwd)
  data=$dir/data
}

start() {
  if [ "$(id -u)" = 0 ]; then chown postgres "$dir"; fi
  if [ ! -f "$data/PG_VERSION" ]; then
    [ "$fsync" = on ] && sync= || sync=--no-sync
    as_server "$bin/initdb" $sync -D "$data" -U postgres --locale=C --encoding=UTF8 --auth-local=trust --auth-host=reject >/dev/null
    as_server sh -c "cat >> '$data/postgresql.conf'" <<CONF
listen_addresses = ''
unix_socket_directories = '$dir'
port = $port
max_connections = 200
fsync = $fsync
full_page_writes = $fsync
shared_buffers = 64MB
CONF
  fi
  is_running || as_server "$bin/pg_ctl" -D "$data" -l "$dir/log" -w -t 120 start >/dev/null || { tail -5 "$dir/log" >&2; exit 69; }
  port=$(sed -n 's/^port = //p' "$data/postgresql.conf")
  echo "postgresql://postgres@$(printf %s "$dir" | sed 's,/,%2F,g'):$port"
}

stop() {
  if is_running; then as_server "$bin/pg_ctl" -D "$data" -m fast -w stop >/dev/null; fi
}

# An early end of the command, or of this script, leaves no server behind.
alone() {
  fsync=off
  in_folder "$(mktemp -d "${TMPDIR:-/tmp}/sen-postgres-XXXXXX")"
  trap 'stop; rm -rf "$dir"' EXIT
  trap 'exit 130' INT TERM
  url=$(start)
  code=0
  SEN_TEST_POSTGRES=$url "$@" || code=$?
  exit "$code"
}

port=5433
fsync=${SEN_POSTGRES_FSYNC:-on}
case $verb in
  start) in_folder "$1"; port=${2:-5433}; start ;;
  stop) in_folder "$1"; stop ;;
  run)
    if [ -n "${SEN_SHARED_POSTGRES:-}" ]; then SEN_TEST_POSTGRES=$SEN_SHARED_POSTGRES exec "$@"; fi
    alone "$@" ;;
  alone) alone "$@" ;;
  *) usage ;;
esac
