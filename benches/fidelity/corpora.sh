#!/usr/bin/env bash
# corpora.sh FOLDER BINARY: every file through the real sandbox. Prints outcomes and rate; fails when a worker crashed
# or a file is missing from the report.
set -u
folder="$1" binary="$2" out=$(mktemp -d)
began=$(date +%s.%N)
"$binary" --dir "$folder" --out "$out/out" --report "$out/r.jsonl" --jobs 2
code=$?
ended=$(date +%s.%N)
expected=$(find "$folder" ! -type d | wc -l)
reported=$(wc -l <"$out/r.jsonl")
grep -o '"status":"[a-z-]*"' "$out/r.jsonl" | sort | uniq -c
echo "exit $code, $reported of $expected files in $(echo "$ended - $began" | bc) s"
crashed=$(grep -c '"refusal":"crashed"\|"refusal":"second-check"' "$out/r.jsonl")
grep '"refusal":"crashed"\|"refusal":"second-check"' "$out/r.jsonl" | grep -o '"input":"[^"]*"'
rm -rf "$out"
[ "$crashed" = 0 ] && [ "$reported" = "$expected" ]
