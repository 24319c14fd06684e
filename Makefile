# `make` alone lists what can be made.
.DEFAULT_GOAL := help
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
TEMPL := go tool templ

.PHONY: help run dev build test test-faults test-others old-browser faults bench load load-large check generate deps

help: ## list what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## start a demo hospital on http://127.0.0.1:8000 and print its logins
	go run ./cmd/dusangire serve --demo --database-url sqlite:demo.db

dev: ## the same, rebuilt and reloaded at each change, on http://127.0.0.1:7331; every part in every state is at /gallery
	$(TEMPL) generate -watch -proxy http://127.0.0.1:8000 -proxyport 7331 -open-browser=false \
		-watch-pattern '\.(go|templ|css|js|svg|tsv|sql)$$' -ignore-pattern '_test\.go$$' \
		-cmd "go run ./cmd/dusangire serve --demo --gallery --database-url sqlite:demo.db"

build: ## build bin/dusangire
	CGO_ENABLED=0 go build -trimpath -ldflags "-s -w -X main.version=$(VERSION)" -o bin/dusangire ./cmd/dusangire

# SQLite is C in the words of Go. Neither the race detector nor checkptr watches its own package and
# that of its memory: they find nothing of ours there, and took nearly half of the processor's time
# of the hospital's tests. A package that shares generic functions with others can't be left out for races: the linker
# may take its copies for theirs, and the detector would call races what are none.
UNWATCHED := -gcflags='modernc.org/...=-d=checkptr=0' \
	-gcflags='modernc.org/sqlite/lib=-race=false -d=checkptr=0' \
	-gcflags='modernc.org/memory=-race=false -d=checkptr=0'

# The faults hold the program to seconds, and half of their time they wait. So they begin first, and
# the others are nicer: they fill what the faults leave of the processors, and give way to them.
# The pages come late, since a Chromium of root is nice to nobody, and with them the hospital's own
# tests, so that neither is the last alone. The limit is for a machine of two cores that has other
# things to do: what hangs is found by the limit of its own test.
FAULTS := ./cmd/dusangire/faults
LATE := ./views ./cmd/dusangire/browser ./hospital
TEST := go test -race $(UNWATCHED) -timeout 60m
test: deps ## run every test under the race detector; installs what they need where it can
	@$(MAKE) --no-print-directory -j2 test-faults test-others

# Each process under the race detector sleeps for a second before it exits, unless it is told not to:
# whoever starts many waits for all of them.
test-faults test-others: export GORACE = atexit_sleep_ms=0

test-faults:
	$(TEST) $(FAULTS)

test-others:
	nice $(TEST) $(filter-out $(FAULTS) $(LATE),$(shell go list -f './{{.Dir}}' ./... | sed "s|$(CURDIR)/||")) $(LATE)

old-browser: ## the work of a ward, a kitchen and a courier in another Chromium: DUSANGIRE_OLD_BROWSER=/path/to/it; docs/deploy.md says where to get one
	go test -count=1 ./cmd/dusangire/browser -run '^Test(TheOldestBrowsersMeant|ATapThatAScript|APageThatLacks|ASocketThat|ATray|APatientWho|AStopped|WhatWaits|ATapWhose|ACourierShows|ATicketGoes|ADoubleTap|AHeldTicket|ACustomerOrders|ADashboardIsTold|ANurse|TwoPeople|TheSecondOfTwo|APageIsNotLive|AFrozen|APageComesBack|GoingBack)'

faults: deps ## the tests in cmd/dusangire/faults, which `make test` runs small, with the numbers of a night (DUSANGIRE_FAULTS=large): about an hour of a machine that has nothing else to do
	DUSANGIRE_FAULTS=large go test -count=1 -parallel 1 -timeout 6h -v $(FAULTS)
	DUSANGIRE_FAULTS=large go test -count=1 -timeout 2h -v ./handlers -run TestNoCommandForgetsAScreen
	go test -count=1 -timeout 2h ./hospital -run 'History|Whatever' -rapid.checks=500

bench: deps ## measure: a click to the other screens, on one node and with Redis; drawing, comparing and framing
	go test -run '^$$' -bench . -benchmem ./cmd/dusangire/browser ./hub ./views ./hospital

load: ## measure 1,000 screens over real sockets against straight writes and bare melody; six minutes
	go run ./cmd/loadtest -suite quick

load-large: ## the same with 10,000 screens, bursts, idle sockets, changes that nobody watches and a reconnect storm; twenty minutes
	go run ./cmd/loadtest -suite large

check: ## what guards quality besides the tests: generated files fresh, formatted, vetted, safe
	.ci/check

generate: ## regenerate what is generated
	$(TEMPL) generate

deps: ## install what the tests need: a C compiler, redis-server, a Chromium, postgresql, nginx, nodejs, supervisor, systemd, python3-websockets
	@.ci/deps
