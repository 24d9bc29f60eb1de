#!/usr/bin/env bash
# Runs every fuzz target of the module for the given time each; a finding is kept as a seed under testdata/fuzz.
set -euo pipefail
cd "$(dirname "$0")/.."
time=${1:-30s} failed=0
while IFS=: read -r file target; do
  pkg=./$(dirname "$file")
  echo "== $pkg $target ($time)"
  # Making an input that is merely new smaller may take a minute each, and what is not done when the time is up counts as a failure.
  go test -run '^$' -fuzz "^$target\$" -fuzztime "$time" -fuzzminimizetime 1s "$pkg" || failed=1
done < <(grep -rhoE --include='*_test.go' -H '^func Fuzz[A-Za-z0-9_]+' internal | sed -E 's/:func /:/' | sort)
exit $failed
