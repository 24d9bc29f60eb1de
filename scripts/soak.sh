#!/usr/bin/env bash
# Round after round of the long tests, until it is stopped or ROUNDS are over: simulated days, kills, stops at every place, crash images.
# Each step adds a line to the results file, and a step that is in it is not done again: stop it whenever you like, it goes on where it was.
# A step that fails is on record with the end of what it said, and ends the run with 1.
set -euo pipefail
cd "$(dirname "$0")/.."
results=${PATCHBAY_RESULTS:-soak.results} rounds=${ROUNDS:-0}
touch "$results"

step() { # name, counted lines, package, test; settings come with the environment
  local name=$1 count=$2 pkg=$3 test=$4 said
  if grep -q "^round=$round step=$name ok" "$results"; then return; fi
  said=$(mktemp)
  if go test -count=1 -v -timeout 120m -run "^($test)\$" "$pkg" >"$said" 2>&1; then
    printf 'round=%s step=%s ok commit=%s at=%s: %s\n' "$round" "$name" "$commit" "$(date -u +%FT%TZ)" "$(grep -oE "$count.*" "$said" | paste -sd'|' -)" | tee -a "$results"
    rm -f "$said"
  else
    printf 'round=%s step=%s FAILED commit=%s at=%s: %s\n' "$round" "$name" "$commit" "$(date -u +%FT%TZ)" "$said" | tee -a "$results"
    tail -n 60 "$said"
    exit 1
  fi
}

commit=$(git rev-parse --short HEAD 2>/dev/null || echo unknown)
round=$(sed -nE 's/^round=([0-9]+) .*/\1/p' "$results" | sort -n | tail -1)
for ((round = ${round:-1}; rounds == 0 || round <= rounds; round++)); do
  PATCHBAY_SEED=$((round * 1000)) PATCHBAY_SEEDS=${SEEDS:-20} PATCHBAY_HOURS=${HOURS:-24} step days '[0-9]+ seeds from' ./internal/app TestDaysOfTrafficKeepTheirPromises
  PATCHBAY_CRASHES=${CRASHES:-100} step kills '[0-9]+ kills:' ./e2e 'TestKillAtAnyMoment'
  PATCHBAY_CRASHES=${CRASHES:-100} step nodes '[0-9]+ kills:' ./e2e 'TestTwoNodesAtAnyMoment'
  step failpoints '[0-9]+ stops, in' ./e2e TestNothingIsLostWhereverItStops
  PATCHBAY_CRASH_IMAGES=${IMAGES:-200} step images '[0-9]+ images of' ./e2e TestNothingAnsweredIsLostInAnyCrashImage
done
