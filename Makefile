# Every target says what it does; `make` lists them.
GO ?= go
BIN ?= patchbay
export CGO_ENABLED ?= 0

.DEFAULT_GOAL := help
.PHONY: help
help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

.PHONY: run
run: ## start Patchbay with its sandbox carrier
	$(GO) run ./cmd/patchbay serve --sandbox

.PHONY: build
build: ## build the program as it ships: one static file
	$(GO) build -trimpath -ldflags='-s -w' -o $(BIN) ./cmd/patchbay

.PHONY: test
test: ## all tests; needs Go alone
	$(GO) test -shuffle=on -timeout 20m ./...

.PHONY: check
check: ## what CI runs: format, vet, lint, generated files, the pages in a browser, tests with -race
	bash .ci/run

.PHONY: generate
generate: ## write again what is generated: reference pages and golden files
	UPDATE=1 $(GO) test . ./internal/service ./internal/cli ./internal/access ./internal/api -run 'TestReference|TestHelp|TestRoutes|TestOpenAPI|TestReliability' -update

.PHONY: web
web: ## build the pages of the portal and the inbox anew; needs Node
	cd web && npm install --no-save --no-audit --no-fund && npm run build # not "npm ci": it wants the packages of every system, which a mirror may lack

.PHONY: web-check
web-check: ## types, lint and tests of the pages, and how much a browser loads
	cd web && npm run check

.PHONY: examples
examples: ## play the API's examples on a running program and write into them what its answers have; then make generate
	$(GO) test -count=1 ./internal/app -run TestTheExamplesOfTheDocument -update

.PHONY: e2e
e2e: ## the real binary: send, receive, kill, restart, check
	$(GO) test -count=1 -v ./e2e

.PHONY: crash
crash: ## kill -9 at 200 (or PATCHBAY_CRASHES) random moments under mixed traffic, of one node and of two with their database; three ledgers must agree
	PATCHBAY_CRASHES=$${PATCHBAY_CRASHES:-200} $(GO) test -count=1 -v -timeout 120m -run 'TestKillAtAnyMoment|TestTwoNodesAtAnyMoment' ./e2e

.PHONY: crash-images
crash-images: ## 1,000 disks as a power cut may leave them, rebuilt from a trace of system calls (needs strace): each must hold all that was answered
	PATCHBAY_TEST_NEEDS=all PATCHBAY_CRASH_IMAGES=1000 $(GO) test -count=1 -v -timeout 60m -run TestNothingAnsweredIsLostInAnyCrashImage ./e2e

.PHONY: stop-races
stop-races: ## 10,000 (or PATCHBAY_STOP_RACES) races of a STOP against queued and arriving texts, on each engine; nothing may begin once it is answered
	PATCHBAY_STOP_RACES=$${PATCHBAY_STOP_RACES:-10000} $(GO) test -count=1 -v -timeout 120m -run 'TestNothingBeginsAfterAStopWasAnswered|TestOnPostgres/NothingBeginsAfter' ./internal/app

.PHONY: models
models: ## 4,000 (or PATCHBAY_MODEL_CASES) random stories of users, contacts, numbers, time, receipts and opt-outs against a plain model, on each engine
	PATCHBAY_MODEL_CASES=$${PATCHBAY_MODEL_CASES:-4000} $(GO) test -count=1 -v -timeout 120m -run 'Test(SQLite|Postgres)StoreDoesWhatAStoreMust/conversations_are_whose' ./internal/store

.PHONY: failpoints
failpoints: ## kill the program, or tell it of an error, at every pass of every commit, sync, request and file of a traffic, and at every statement of every migration
	PATCHBAY_FAILPOINTS=all $(GO) test -count=1 -v -timeout 60m -run TestNothingIsLostWhereverItStops ./e2e
	PATCHBAY_FAILPOINTS=all $(GO) test -count=1 -v -timeout 30m -run 'TestAMigration.*IsKilledAtAnyStatement' ./internal/store

.PHONY: soak
soak: ## simulated days, kills, two nodes, failpoints and crash images, round after round; soak.results says how it went, and where it goes on
	bash scripts/soak.sh

.PHONY: fuzz-long
fuzz-long: ## every fuzz target, FUZZTIME each (default 2m); fuzz.results says how it went, and where it goes on
	bash scripts/fuzz.sh $${FUZZTIME:-2m}

.PHONY: bench-services
bench-services: ## what each file of the catalogue costs beside encoding/json; ends with 1 when one costs too much
	bash bench/services.sh

.PHONY: bench
bench: ## patterns and callbacks against encoding/json; end to end on SQLite and PostgreSQL against a forwarding proxy and Kannel, in one run
	bash bench/run.sh

.PHONY: bench-fair
bench-fair: ## what others cost: many organizations and files, a provider that hangs, an organization that floods; ratios of turns side by side
	bash bench/fair.sh

.PHONY: backlog
backlog: ## a million queued messages in front of one number: steps of a message, start and peak memory beside those of an empty queue
	PATCHBAY_BACKLOG=$${PATCHBAY_BACKLOG:-1000000} $(GO) test -count=1 -timeout 30m -v -run Backlog ./internal/store

.PHONY: burst
burst: ## callbacks from 400 connections for a minute, as fast as this machine takes them: each a 200 that is on the disk, none told to slow down
	PATCHBAY_BURST=$${PATCHBAY_BURST:-60} $(GO) test -count=1 -timeout 30m -v -run TestABurstOfCallbacks ./e2e

.PHONY: bench-search
bench-search: ## lists, conversations and searches in front of a million messages on both engines, a table of each; PATCHBAY_BENCH_MESSAGES=100000 is the short form
	PATCHBAY_BENCH_MESSAGES=$${PATCHBAY_BENCH_MESSAGES:-1000000} $(GO) test -count=1 -timeout 60m -run '^$$' -bench BenchmarkInbox -benchtime 200x -v ./internal/store
