#!/usr/bin/env bash
# What Patchbay costs, beside anchors measured in the same run:
#   1. writing and reading patterns against encoding/json (Go benchmarks)
#   2. durable messages end to end, out and in, over 90 numbers, on SQLite and on PostgreSQL, against a plain forwarding proxy, a bare SQL
#      proxy (with a C compiler) and Kannel (where it is installed)
# REPS (3) repetitions are interleaved and the medians printed. All traffic stays on 127.0.0.1.
set -euo pipefail
cd "$(dirname "$0")/.."
out=${OUT:-$(mktemp -d)} reps=${REPS:-3}
mkdir -p "$out" && rm -rf "$out/data" "$out/data-pg" "$out/pg"

echo "## Patterns and callbacks against encoding/json"
go test -run '^$' -bench 'WriteBody|ReadWebhook' -benchmem -count 7 ./internal/pattern > "$out/pattern.txt" || { cat "$out/pattern.txt"; exit 1; }
median() { grep -E "^Benchmark$1-" "$out/pattern.txt" | awk '{print $3}' | sort -n | awk '{v[NR]=$1} END {print (v[int((NR+1)/2)]+v[int(NR/2)+1])/2}'; }
ratio() { awk -v o="$(median "$2")" -v j="$(median "$3")" -v w="$1" 'BEGIN {printf "%s: %.0f ns, encoding/json %.0f ns, ratio %.2f\n", w, o, j, o/j}'; }
ratio "writing a 6-field body" 'WriteBody/pattern\+wire' WriteBody/encoding-json-struct
ratio "reading a 600-byte webhook" 'ReadWebhook/wire\+pattern' ReadWebhook/encoding-json-map

CGO_ENABLED=0 go build -trimpath -o "$out/patchbay" ./cmd/patchbay
mkdir -p "$out/bin" && (cd bench && go build -o "$out/bin/" ./cmd/seed)
key=bench-key-$RANDOM$RANDOM$RANDOM pids=()
trap 'kill "${pids[@]}" 2>/dev/null; wait 2>/dev/null; [ -z "${pg:-}" ] || bench/postgres.sh stop "$out/pg"' EXIT
gateway() { # NAME PORT [DATABASE]: starts and fills one; its pid in $gw, its webhook URL in $hook
  PATCHBAY_BOOTSTRAP_KEY=$key PATCHBAY_ALLOW_PRIVATE_EGRESS=127.0.0.1:9100 PATCHBAY_DATABASE_URL=${3:-} \
    "$out/patchbay" serve --listen 127.0.0.1:$2 --data "$out/$1" --public-url http://127.0.0.1:$2 --log-level warn >"$out/$1.log" 2>&1 &
  gw=$!; pids+=($gw)
  for _ in $(seq 100); do curl -fs http://127.0.0.1:$2/readyz >/dev/null 2>&1 && break; sleep 0.1; done
  hook=$("$out/bin/seed" -addr http://127.0.0.1:$2 -key "$key") || { cat "$out/$1.log"; exit 1; }
  # Only received messages are notified: the mock provider counts every text it sees, and a status would be counted as a second one.
  curl -fsS -X POST "http://127.0.0.1:$2/v1/webhooks" -H "Authorization: Bearer $key" -H 'Content-Type: application/json' \
    -d '{"url":"http://127.0.0.1:9100/notify","types":["message.received"]}' >/dev/null
}
gateway data 9180
export GW_PID=$gw GW_IN_URL=$hook GW_OUT_URL=http://127.0.0.1:9180/v1/messages
if pg=$(bench/postgres.sh start "$out/pg"); then
  gateway data-pg 9182 "$pg"
  export GWPG_PID=$gw GWPG_IN_URL=$hook GWPG_OUT_URL=http://127.0.0.1:9182/v1/messages
else
  pg='' && echo "no PostgreSQL is installed: left out"
fi

echo "## End to end (medians of $reps interleaved repetitions)"
command -v gcc >/dev/null || { echo "no C compiler: the bare SQL proxy is left out"; export SKIP_SQL=1; }
[ -x /usr/sbin/bearerbox ] || echo "no Kannel is installed (Debian's package kannel): left out"
text='hello {uid} this is a test message of ordinary length for the gateway'
REPS=$reps OUT=$out GW_OUT_H="Authorization: Bearer $key" \
  GW_OUT_BODY="{\"from\":\"+1555{seven:90}\",\"to\":\"{to}\",\"content\":\"$text\"}" \
  GW_IN_BODY="{\"method\":\"message\",\"params\":{\"from\":\"{to}\",\"to\":\"+1555{seven:90}\",\"content\":\"$text\"}}" \
  bench/compare.sh
