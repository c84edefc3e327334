#!/usr/bin/env bash
# `make check-long`: what takes too long for `make test`: kills, every story on PostgreSQL, soak, size, a full disk, a bad network, idle and slow connections, long
# fuzzing. Arguments choose parts: tools/check_long.sh kills postgres pour soak size disk network idle fuzz. Settings are environment variables; test/long/check.mjs names them.
set -euo pipefail
cd "$(dirname "$0")/.."
exec node test/long/check.mjs "$@"
