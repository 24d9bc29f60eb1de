#!/usr/bin/env bash
# What each file of the catalogue costs to write and to read, beside encoding/json on a body of the same content (a struct written, a map
# read), as medians of COUNT (5) runs whose two sides take turns. Verification is left out. A ratio over 6.0 to write or 2.4 to read ends with 1: those
# are four times what a pattern alone may cost (docs/performance.md).
set -euo pipefail
cd "$(dirname "$0")/.."
out=${OUT:-$(mktemp)}
go test -run '^$' -bench BenchmarkCatalogue -benchtime "${TIMES:-1000x}" -count "${COUNT:-5}" ./internal/service > "$out" || { cat "$out"; exit 1; }
exec awk -f bench/services.awk "$out"
