#!/usr/bin/env bash
# Installs what building (build) or testing (test) needs: Debian packages and npm packages. Says what it does; does nothing when all is there.
set -euo pipefail
cd "$(dirname "$0")/.."

build_packages=(build-essential meson ninja-build pkg-config libmicrohttpd-dev libgnutls28-dev libcurl4-openssl-dev libssl-dev
  libxml2-dev libsqlite3-dev libpq-dev libicu-dev libcjson-dev libyaml-dev libargon2-dev libseccomp-dev libzip-dev libcmocka-dev zlib1g-dev git ca-certificates)
test_packages=(clang llvm libclang-rt-14-dev postgresql postgresql-client xmlsec1 unzip openssl curl sqlite3 procps util-linux mandoc iproute2 nftables faketime)

want=("${build_packages[@]}")
[ "${1:-build}" = test ] && want+=("${test_packages[@]}")

missing=()
is_there() { dpkg-query -W -f='${Status}' "$1" 2>/dev/null | grep -q 'install ok installed'; }
for p in "${want[@]}"; do is_there "$p" || missing+=("$p"); done
# Node.js 18 or newer: Debian's own where there is none.
command -v node >/dev/null && command -v npm >/dev/null || missing+=(nodejs npm)

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }
install() {
  echo "Installing Debian packages: $*"
  as_root apt-get update -q >/dev/null
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$@" >/tmp/sen-apt.log 2>&1 ||
    { tail -20 /tmp/sen-apt.log; echo "apt-get failed; the whole log is in /tmp/sen-apt.log" >&2; return 1; }
}
[ ${#missing[@]} -eq 0 ] || install "${missing[@]}"
# The browser of the tests: without a window it does a third of the work. Where it cannot be had a whole Chromium will do.
[ "${1:-build}" != test ] || is_there chromium-headless-shell || is_there chromium || install chromium-headless-shell || install chromium

# What tests need holds what building needs.
stamp_of() { echo "node_modules/.sen-$( (cat package.json package-lock.json; echo "$1") | sha256sum | cut -c1-16)"; }
stamp=$(stamp_of "${1:-build}")
if [ ! -e "$stamp" ] && [ ! -e "$(stamp_of test)" ]; then
  echo "Installing npm packages (package-lock.json)"
  if [ "${1:-build}" = test ]; then npm ci --no-audit --no-fund --loglevel=error; else npm ci --omit=dev --no-audit --no-fund --loglevel=error; fi
  touch "$stamp"
fi
