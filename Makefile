# make run    the gateway on port 8080, in front of a small demo portal
# make test   every check; installs what it needs from Debian where it is missing
# make bench  what the gateway costs, as Markdown

STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2
FUZZTIME    := 30000x
# These parse policies or pages several times a run.
SLOWTARGETS := FuzzSuggest FuzzImport FuzzSave
SLOWFUZZ    := 1000x

.PHONY: run build test check deps unit fuzz bench

run: build
	@printf '\n%s\n\n' 'The gateway is on http://localhost:8080, and its policy on http://localhost:8080/cookies. In another terminal:'
	@printf '  # %s\n  %s\n\n' \
	  'nothing chosen: only the necessary cookies pass' \
	  "curl -i -b 'sessionid=s; _pk_id.1.1fff=m; _ga=g' http://localhost:8080/" \
	  'Matomo granted: its cookies pass too' \
	  "curl -i -b 'sessionid=s; _pk_id.1.1fff=m; _ga=g; cookies_preferences=%7B%22matomo%22%3Atrue%7D' http://localhost:8080/" \
	  'everything refused: their cookies are deleted from a browser that opens the page' \
	  "curl -i -H 'Accept: text/html' -b 'sessionid=s; _pk_id.1.1fff=m; _ga=g; cookies_preferences=%7B%22matomo%22%3Afalse%2C%22ga%22%3Afalse%7D' http://localhost:8080/"
	@exec bin/caddy run --adapter caddyfile --config Caddyfile.example

build:
	@echo 'Building Caddy with the gateway; the first time, this takes some minutes.'
	@CGO_ENABLED=0 go build -trimpath -o bin/caddy ./cmd/caddy

test: deps check unit fuzz

# The race detector needs a C compiler, the integration tests a portal and a
# browser.
deps:
	@.ci/deps

check:
	@unformatted=$$(gofmt -l .); test -z "$$unformatted" || { echo "run gofmt -w on: $$unformatted"; exit 1; }
	go mod tidy -diff
	go vet ./...
	go run $(STATICCHECK) ./...

unit: build
	CADDY_BINARY=$(CURDIR)/bin/caddy CGO_ENABLED=1 go test -race -shuffle=on ./...

fuzz:
	@set -e; for package in $$(go list ./...); do \
	  for target in $$(go test -list '^Fuzz' $$package | grep '^Fuzz'); do \
	    times=$(FUZZTIME); case " $(SLOWTARGETS) " in *" $$target "*) times=$(SLOWFUZZ);; esac; \
	    echo "go test -fuzz $$target -fuzztime $$times $$package"; \
	    go test -run '^$$' -fuzz "^$$target\$$" -fuzztime $$times $$package; \
	  done; \
	done

bench:
	go test -run '^$$' -bench . ./enforcer
	go run ./integration_test/bench
