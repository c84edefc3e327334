#!/usr/bin/env bash
# `make test`: builds the variants and runs everything that fits fifteen minutes. Arguments choose stages: tools/test.sh units stories ...
set -euo pipefail
cd "$(dirname "$0")/.."
exec node tools/test.mjs "$@"
