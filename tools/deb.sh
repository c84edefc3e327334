#!/usr/bin/env bash
# Packs the release build as a Debian package: tools/deb.sh [FOLDER]; prints where it lies. `make deb` builds first.
set -euo pipefail
cd "$(dirname "$0")/.."
folder=${1:-build}
version=$(sed -n "s/^  version: '\(.*\)',$/\1/p" meson.build)
arch=$(dpkg --print-architecture)
out=$folder/sen_${version}_$arch.deb
stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT
root=$stage/root
umask 022

install -D -s -m 755 "$folder/sen" "$root/usr/bin/sen"
mkdir -p "$root/usr/share/sen"
cp -r country "$root/usr/share/sen/country"
find "$root/usr/share/sen" -type d -exec chmod 755 {} + -o -type f -exec chmod 644 {} +
mkdir -p "$root/usr/share/man/man1" "$root/usr/share/doc/sen"
"$folder/sen" help manual | gzip -9n > "$root/usr/share/man/man1/sen.1.gz"
gzip -9nc CHANGELOG.md > "$root/usr/share/doc/sen/changelog.gz"
cp -r doc/*.md "$root/usr/share/doc/sen/"
{ echo "Sen"; echo; echo "Licence: Apache-2.0 (/usr/share/common-licenses/Apache-2.0)."; echo "Data and their licences:"; echo; cat country/*/SOURCES.md; } > "$root/usr/share/doc/sen/copyright"
install -D -m 644 -t "$root/lib/systemd/system" package/sen@.service package/sen.target

# What the program is linked with, asked from the packages that hold those libraries.
mkdir -p "$stage/debian" "$root/DEBIAN"
printf 'Source: sen\n\nPackage: sen\nArchitecture: any\n' > "$stage/debian/control"
depends=$(cd "$stage" && dpkg-shlibdeps -O -e root/usr/bin/sen 2>/dev/null | sed 's/^shlibs:Depends=//')
cat > "$root/DEBIAN/control" <<CONTROL
Package: sen
Version: $version
Architecture: $arch
Maintainer: The Sen founders <sen@localhost>
Section: net
Priority: optional
Installed-Size: $(du -sk "$root/usr" | cut -f1)
Depends: $depends, adduser
Suggests: postgresql
Description: e-government platform: registers, signed exchange, one portal
 One program, run by every agency as a node. Nodes hold national registers, share
 them over a signed data exchange that speaks the X-Road protocols, and show every
 person who read their data.
CONTROL
install -m 755 package/postinst package/prerm package/postrm "$root/DEBIAN/"
(cd "$root" && find usr lib -type f -exec md5sum {} +) > "$root/DEBIAN/md5sums"
dpkg-deb --root-owner-group --build "$root" "$out" >/dev/null
echo "$out"
