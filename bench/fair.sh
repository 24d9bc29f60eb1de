#!/usr/bin/env bash
# What others cost: each line is a ratio of two turns side by side, with the spread over the repetitions. All traffic stays on 127.0.0.1.
#   1. the rate over 10,000 organizations and 1,000 service files, beside the rate over one of each, with as many numbers
#   2. the rate of all others beside a provider that hangs, and without it
#   3. the rate of one organization's texts, 50 times as many beside it from another one, and without them
# REPS (7) repetitions; ORGS (10000) and SERVICES (1000) make it shorter.
set -euo pipefail
cd "$(dirname "$0")/.."
out=${OUT:-$(mktemp -d)} reps=${REPS:-7} orgs=${ORGS:-10000} services=${SERVICES:-1000}
mkdir -p "$out/bin" && rm -rf "$out/one" "$out/many"
(cd bench && go build -o "$out/bin/" ./cmd/...)
CGO_ENABLED=0 go build -trimpath -o "$out/patchbay" ./cmd/patchbay
b=$out/bin log=$out/fair.json key=bench-key-$RANDOM$RANDOM$RANDOM pids=()
: > "$log"
trap 'kill "${pids[@]}" 2>/dev/null; wait 2>/dev/null || true' EXIT

"$b/mockprovider" -addr 127.0.0.1:9100 >"$out/mock.log" 2>&1 & mock=$!; pids+=($mock)
"$b/mockprovider" -addr 127.0.0.1:9101 -latency 10m >"$out/hung.log" 2>&1 & hung=$!; pids+=($hung)
gateway() { # NAME PORT: starts one, its pid in $gw
  PATCHBAY_BOOTSTRAP_KEY=$key PATCHBAY_ALLOW_PRIVATE_EGRESS=127.0.0.1:9100,127.0.0.1:9101 \
    "$out/patchbay" serve --listen 127.0.0.1:$2 --data "$out/$1" --public-url http://127.0.0.1:$2 --log-level error >"$out/$1.log" 2>&1 &
  gw=$!; pids+=($gw)
  for _ in $(seq 100); do curl -fs http://127.0.0.1:$2/readyz >/dev/null 2>&1 && return; sleep 0.1; done
  echo "the gateway does not start"; cat "$out/$1.log"; exit 1
}
seed() { "$b/seed" -addr "http://127.0.0.1:$1" -key "$key" "${@:2}" >/dev/null; }
gateway one 9180; one=$gw
gateway many 9181; many=$gw
echo "filling: $orgs organizations, $services service files" >&2
seed 9180 -numbers "$orgs"
seed 9181 -numbers "$orgs" -orgs "$orgs" -services "$services"
seed 9181 -prefix hung -area 556 -send http://127.0.0.1:9101/send -numbers 50
seed 9181 -prefix noisy -area 557 -numbers 50
seed 9181 -prefix calm -area 558 -numbers 10

H="Authorization: Bearer $key"
body() { echo "{\"from\":\"+1$1{seven:$2}\",\"to\":\"{to}\",\"content\":\"hello {uid} this is a test message of ordinary length for the gateway\"}"; }
load() { timeout 120 "$b/loadgen" -url "http://127.0.0.1:$1/v1/messages" -H "$H" "${@:2}"; }
counted() { load "$@" -sink http://127.0.0.1:9100 -wait 6s -d 30s -watch mock=$mock -watch one=$one -watch many=$many >> "$log"; }
for _ in $(seq "$reps"); do
  counted 9180 -label one -body "$(body 555 "$orgs")" -c 64 -n 15000 -warm 1000
  counted 9181 -label many -body "$(body 555 "$orgs")" -c 64 -n 15000 -warm 1000

  load 9181 -body "$(body 556 50)" -c 64 -rate 50 -n 500 > "$out/beside.json" & beside=$!
  sleep 1 # so that what hangs, hangs
  counted 9181 -label beside-hung -body "$(body 555 "$orgs")" -c 64 -n 15000 -warm 1000
  kill $beside 2>/dev/null || true; wait $beside 2>/dev/null || true

  counted 9181 -label calm -body "$(body 558 10)" -c 64 -rate 40 -n 400
  load 9181 -body "$(body 557 50)" -c 64 -rate 2000 -n 20000 > "$out/noisy.json" & beside=$!
  sleep 1
  counted 9181 -label beside-noisy -body "$(body 558 10)" -c 64 -rate 40 -n 400 # while 50 times as many go beside them
  wait $beside || true
done
"$b/report" -pairs many/one,beside-hung/many,beside-noisy/calm < "$log"
echo
"$b/report" -base one < "$log"
