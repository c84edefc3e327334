#!/usr/bin/env bash
# Builds one variant: tools/build.sh FOLDER [meson options]. CC chooses the compiler (gcc releases, clang sanitizer variants); TESTS, a regular
# expression, builds only the programs of the unit tests whose names fit.
set -euo pipefail
cd "$(dirname "$0")/.."
folder=$1; shift
if [ ! -e "$folder/build.ninja" ]; then
  echo "Configuring $folder"
  meson setup "$folder" "$@" > "/tmp/sen-meson-$$.log" 2>&1 || { cat "/tmp/sen-meson-$$.log"; exit 1; }
fi
targets=()
if [ -n "${TESTS:-}" ]; then
  mapfile -t targets < <(meson introspect --tests "$folder" | node -e '
    const { relative, resolve } = require("node:path"), [folder, fits] = process.argv.slice(1);
    for (const t of JSON.parse(require("node:fs").readFileSync(0)))
      if (new RegExp(fits).test(t.name)) for (const word of t.cmd) if (/_test$/.test(word)) console.log(relative(resolve(folder), resolve(folder, word)));' "$folder" "$TESTS")
fi
echo "Building $folder"
ninja -C "$folder" --quiet "${targets[@]}"
