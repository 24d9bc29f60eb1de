#!/usr/bin/env bash
# Runs every fuzz target of the module for the given time each; a finding is kept as a seed under testdata/fuzz. Each target that is done adds a
# line to the results file and is not run again for this commit: stop it whenever you like, it goes on where it was.
set -euo pipefail
cd "$(dirname "$0")/.."
time=${1:-30s} failed=0 results=${PATCHBAY_RESULTS:-fuzz.results}
commit=$(git rev-parse --short HEAD 2>/dev/null || echo unknown)
touch "$results"
while IFS=: read -r file target; do
  pkg=./$(dirname "$file")
  if grep -qF "$pkg $target $time commit=$commit ok" "$results"; then continue; fi
  echo "== $pkg $target ($time)"
  # Making an input that is merely new smaller may take a minute each, and what is not done when the time is up counts as a failure.
  if go test -run '^$' -fuzz "^$target\$" -fuzztime "$time" -fuzzminimizetime 1s "$pkg"; then said=ok; else said=FAILED failed=1; fi
  echo "$pkg $target $time commit=$commit $said at=$(date -u +%FT%TZ)" >>"$results"
done < <(grep -rhoE --include='*_test.go' -H '^func Fuzz[A-Za-z0-9_]+' internal | sed -E 's/:func /:/' | sort)
exit $failed
