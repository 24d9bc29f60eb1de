#!/usr/bin/env bash
# What Patchbay costs, beside anchors measured in the same run:
#   1. writing and reading patterns against encoding/json (Go benchmarks)
#   2. durable messages end to end, out and in, over 90 numbers, against a plain forwarding proxy and a bare SQL proxy
# REPS (3) repetitions are interleaved and the medians printed. All traffic stays on 127.0.0.1.
set -euo pipefail
cd "$(dirname "$0")/.."
out=${OUT:-$(mktemp -d)} reps=${REPS:-3}
mkdir -p "$out"

echo "## Patterns and callbacks against encoding/json"
go test -run '^$' -bench 'WriteBody|ReadWebhook' -benchmem -count 7 ./internal/pattern > "$out/pattern.txt" || { cat "$out/pattern.txt"; exit 1; }
median() { grep -E "^Benchmark$1-" "$out/pattern.txt" | awk '{print $3}' | sort -n | awk '{v[NR]=$1} END {print (v[int((NR+1)/2)]+v[int(NR/2)+1])/2}'; }
ratio() { awk -v o="$(median "$2")" -v j="$(median "$3")" -v w="$1" 'BEGIN {printf "%s: %.0f ns, encoding/json %.0f ns, ratio %.2f\n", w, o, j, o/j}'; }
ratio "writing a 6-field body" 'WriteBody/pattern\+wire' WriteBody/encoding-json-struct
ratio "reading a 600-byte webhook" 'ReadWebhook/wire\+pattern' ReadWebhook/encoding-json-map

CGO_ENABLED=0 go build -trimpath -o "$out/patchbay" ./cmd/patchbay
key=bench-key-$RANDOM$RANDOM$RANDOM addr=127.0.0.1:9180
PATCHBAY_BOOTSTRAP_KEY=$key PATCHBAY_ALLOW_PRIVATE_EGRESS=127.0.0.1:9100 \
  "$out/patchbay" serve --listen $addr --data "$out/data" --public-url http://$addr --log-level warn >"$out/patchbay.log" 2>&1 &
gw=$!
trap 'kill $gw 2>/dev/null; wait $gw 2>/dev/null || true' EXIT
for _ in $(seq 100); do curl -fs http://$addr/readyz >/dev/null 2>&1 && break; sleep 0.1; done

call() { curl -fsS -X "$1" "http://$addr$2" -H "Authorization: Bearer $key" -H 'Content-Type: application/json' ${3:+-d "$3"}; }
field() { sed -E "s/.*\"$1\":\"([^\"]*)\".*/\1/"; }
call PUT /v1/services/bench '{"id":"bench","name":"Bench","class":"sms","properties":["API key"],"auth":{"type":"Bearer","token":"$API key$"},
 "API":{"SendMessage":{"request_method":"POST","request_url":"http://127.0.0.1:9100/send","request_parameters":
   {"from":"$from$","to":"$to$","extension":"$extension$","domain":"$domain$","content":"$content$"},"response_map":{"data":{"id":"$messageid$"}}}},
 "Webhook":[{"event_key":"message","event_type":"message","request_parameters":{"method":"$event_key$","params":{"from":"$from$","to":"$to$","content":"$content$"}}}]}' >/dev/null
org=$(call POST /v1/organizations '{"name":"Bench","domain":"bench"}' | field id)
user=$(call POST "/v1/organizations/$org/users" '{"extension":"101","name":"Bench"}' | field id)
hook=$(call PUT "/v1/organizations/$org/integrations/bench" '{"properties":{"API key":"k"}}' | field webhook_url)
for x in 0 1 2 3 4 5 6 7 8; do for y in 0 1 2 3 4 5 6 7 8 9; do
  call POST "/v1/organizations/$org/numbers" "{\"service\":\"bench\",\"number\":\"+155500011$x$y\",\"name\":\"n\",\"users\":[\"$user\"],\"country\":\"US\"}" >/dev/null
done; done
# Only received messages are notified: the mock provider counts every text it sees, and a status would be counted as a second one.
call POST /v1/webhooks "{\"url\":\"http://127.0.0.1:9100/notify\",\"types\":[\"message.received\"]}" >/dev/null

echo "## End to end (medians of $reps interleaved repetitions)"
command -v gcc >/dev/null || export SKIP_SQL=1
text='hello {uid} this is a test message of ordinary length for the gateway'
REPS=$reps OUT=$out SKIP_KANNEL=${SKIP_KANNEL:-1} GW_PID=$gw \
  GW_OUT_URL=http://$addr/v1/messages GW_OUT_H="Authorization: Bearer $key" \
  GW_OUT_BODY="{\"orgid\":\"$org\",\"from\":\"+155500011{mod:9}{mod:10}\",\"to\":\"{to}\",\"content\":\"$text\"}" \
  GW_IN_URL="$hook" GW_IN_BODY="{\"method\":\"message\",\"params\":{\"from\":\"{to}\",\"to\":\"+155500011{mod:9}{mod:10}\",\"content\":\"$text\"}}" \
  bench/compare.sh
