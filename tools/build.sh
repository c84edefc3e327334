#!/usr/bin/env bash
# Builds one variant: tools/build.sh FOLDER [meson options]. CC chooses the compiler (gcc releases, clang sanitizer variants).
set -euo pipefail
cd "$(dirname "$0")/.."
folder=$1; shift
if [ ! -e "$folder/build.ninja" ]; then
  echo "Configuring $folder"
  meson setup "$folder" "$@" > "/tmp/sen-meson-$$.log" 2>&1 || { cat "/tmp/sen-meson-$$.log"; exit 1; }
fi
echo "Building $folder"
ninja -C "$folder" --quiet
