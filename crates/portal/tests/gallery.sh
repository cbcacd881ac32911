#!/bin/sh
# Takes pictures of target/gallery/*.html: wide, phone and A4. Look at them after every change of templates or
# styles: crates/portal/tests/gallery.sh [name …]
set -eu
cd "$(dirname "$0")/../../../target/gallery"
[ $# -gt 0 ] || set -- $(ls *.html | sed 's/\.html$//')
profile=$(mktemp -d)
trap 'rm -rf "$profile"' EXIT
shoot() {
  chromium --headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking \
    --disable-component-update --disable-sync --hide-scrollbars --user-data-dir="$profile" "$@" 2>/dev/null
}
for name in "$@"; do
  url="file://$PWD/$name.html"
  shoot --window-size=1180,1500 --screenshot="$name.png" "$url"
  shoot --window-size=500,1700 --screenshot="$name-m.png" "$url"
  shoot --no-pdf-header-footer --print-to-pdf="$name.pdf" "$url"
done
