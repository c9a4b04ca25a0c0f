# One place for every command. `make` alone lists them.
# Needs Rust 1.95 or newer and a C linker. What a target needs beyond that it checks first and names.

.DEFAULT_GOAL := help
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.ONESHELL:
.PHONY: help check-tools demo test house fmt lint deny contracts contracts-check docs-update fuzz bench bench-processes bench-list bench-peers overload soak chaos upgrade-test simulate year lunch mutants guards story-guards deb clean

CARGO ?= cargo
# Arguments handed on to the program of a target: `make demo ARGS=--once`.
ARGS ?=
# What `make demo` plays: a file of scripts/demo.
STORY ?= redemption
# What `make simulate` runs: one seed with its trace, or from a to b, without b.
SEED ?=
SEEDS ?= 0..200
# Seconds that each fuzz target runs for.
FUZZ_SECONDS ?= 60

# The contracts are a workspace of their own.
CONTRACTS := --manifest-path contracts/Cargo.toml
# So is the light client as a wasm module.
WASM_CLIENT := --manifest-path client/light-client/wasm/Cargo.toml

# `say` prints one line of progress, so that a long build is never silent.
say = printf '\n== %s\n'

help: ## Show this list
	@echo "Senim. Targets:"
	grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1|\2/' | awk -F'|' '{ printf "%-24s %s\n", $$1, $$2 }'
	echo "Start with: make demo"

check-tools: # Says what is missing and how to get it, before anything is built.
	@scripts/check-tools.sh

demo: check-tools ## Start a ledger on loopback and play a story on it (STORY=redemption, clinic, pharmacy, card or meals; ARGS=--once stops after it)
	@$(say) "[1/2] Building the node and its client (about five minutes the first time on two cores, seconds after that)"
	$(CARGO) build --locked --release -p senimd -p senim-cli -p senim-portal -p senim-connector
	$(say) "[2/2] Playing the story"
	PATH="$${CARGO_TARGET_DIR:-$$PWD/target}/release:$$PATH" scripts/demo.sh --story $(STORY) $(ARGS)

test: ## Run every test and the house rules
	@scripts/check-tools.sh test
	$(say) "[1/3] Tests of the node, the clients and the whole (built on the first run: some minutes)"
	if $(CARGO) nextest --version >/dev/null 2>&1; then
		$(CARGO) nextest run --locked --workspace --no-fail-fast
	else
		$(CARGO) test --locked --workspace --no-fail-fast --lib --bins --tests
	fi
	if [ -n "$${SENIM_VECTORS:-}" ]; then
		$(say) "Public messages and tables of $$SENIM_VECTORS"
		$(CARGO) test --locked --workspace --test public_messages --test scenario_orders -- --ignored
		$(CARGO) test --locked --workspace --lib the_shipped_table_agrees_with_the_dictionary -- --ignored
	fi
	$(say) "[2/3] Tests of the contracts, run natively"
	$(CARGO) test --locked $(CONTRACTS) --workspace --no-fail-fast --lib --tests
	$(say) "[3/3] Examples in the documentation of the code"
	$(CARGO) test --locked --workspace --doc
	$(say) "All tests passed"

house: check-tools ## Run the house rules only (dependency edges, file sizes, banned calls, documents)
	@$(say) "House rules"
	$(CARGO) test --locked --no-fail-fast -p senim-tests --test 'house_*'

fmt: ## Format all code
	@scripts/check-tools.sh lint
	$(say) "[1/2] Formatting the node and the clients"
	$(CARGO) fmt --all
	$(say) "[2/2] Formatting the contracts and the light client's wasm module"
	$(CARGO) fmt $(CONTRACTS) --all
	$(CARGO) fmt $(WASM_CLIENT)

lint: ## Check formatting, and clippy without a single warning
	@scripts/check-tools.sh lint
	$(say) "[1/4] Formatting of the node and the clients"
	$(CARGO) fmt --all --check
	$(say) "[2/4] Formatting of the contracts and the light client's wasm module"
	$(CARGO) fmt $(CONTRACTS) --all --check
	$(CARGO) fmt $(WASM_CLIENT) --check
	$(say) "[3/4] Clippy: node and clients"
	$(CARGO) clippy --locked --workspace --all-targets -- -D warnings
	$(say) "[4/4] Clippy: contracts, the light client's wasm module"
	$(CARGO) clippy --locked $(CONTRACTS) --workspace --all-targets -- -D warnings
	$(CARGO) clippy --locked $(WASM_CLIENT) --all-targets -- -D warnings

deny: check-tools ## Check licences, sources and known weaknesses of the dependencies
	@scripts/deny.sh

contracts: check-tools ## Rebuild the contracts' wasm artefacts and event schemas in genesis/ (canonical toolchain; see docs/contracts.md)
	@$(say) "Building the contracts to wasm"
	scripts/contracts.sh build $(ARGS)

contracts-check: check-tools ## Compare the committed artefacts with a rebuild, and run what runs inside wasm
	@$(say) "[1/3] Comparing the committed contract artefacts with a rebuild"
	scripts/contracts.sh check
	$(say) "[2/3] Conformance: native contracts against the committed artefacts"
	$(CARGO) test --locked -p senim-tests --test 'conformance*'
	$(say) "[3/3] The light client inside wasm"
	scripts/light-client-wasm.sh

docs-update: check-tools ## Write again the documents that are made from the code (docs/errors.md, docs/execution.md, docs/operating/configuration.md)
	@$(say) "Writing generated documents"
	SENIM_UPDATE_DOCS=1 $(CARGO) test --locked -p senim-tests --test house_errors
	SENIM_UPDATE_DOCS=1 $(CARGO) test --locked -p senim-execution --test docs
	SENIM_UPDATE_DOCS=1 $(CARGO) test --locked -p senimd --test config
	$(say) "Done; look at the difference before you commit it: git diff docs"

simulate: check-tools ## Run the whole node under faults: SEED=n shows one run, SEEDS=a..b runs many
	@$(say) "[1/2] Building"
	$(CARGO) build --locked --release -p senim-tests --bin simulate
	$(say) "[2/2] Simulating"
	"$${CARGO_TARGET_DIR:-target}/release/simulate" $(if $(SEED),--seed $(SEED),--seeds $(SEEDS))

year: check-tools ## Let a year of a country at 1:1,000 pass in virtual time, and see what the state comes to (ARGS="--pupils 600")
	@$(say) "[1/2] Building"
	$(CARGO) build --locked --release -p senim-tests --bin year
	$(say) "[2/2] Living a year"
	"$${CARGO_TARGET_DIR:-target}/release/year" $(ARGS)

lunch: check-tools ## Lunch of 100,000 pupils of 200 schools on four processes, and the end of its month (ARGS="--minutes 10 --rate 1000")
	@$(say) "[1/2] Building with full optimisation"
	$(CARGO) build --locked --release -p senimd
	$(say) "[2/2] Serving and cutting acts: about a quarter of an hour"
	"$${CARGO_TARGET_DIR:-target}/release/senimd" bench --processes 4 --scenario lunch $(ARGS)

mutants: check-tools ## Show that the simulator finds bugs: each broken build until it is found (ARGS="--seeds 20 WalFlushSkipped")
	@$(say) "[1/2] Building with every broken line in it, each behind a switch"
	$(CARGO) build --locked --release -p senim-tests --features mutants --bin mutants
	$(say) "[2/2] Hunting"
	"$${CARGO_TARGET_DIR:-target}/release/mutants" $(ARGS)

guards: check-tools ## Leave out one guard of the contracts at a time: some test has to fail (ARGS=voucher, or ARGS=voucher/src/redeem.rs:70)
	@scripts/guards.sh $(ARGS)

story-guards: check-tools ## Play stories with one guard of the contracts left out at a time: each has to fail (ARGS=meals, ARGS="--every 20", ARGS=--renew)
	@$(say) "[1/2] Building the contracts so that a guard can be left out"
	scripts/contracts.sh build --out .build/leave-out --leave-out
	$(say) "[2/2] Playing"
	# With a test, as the scenarios are built: alone it would be built of everything once more, with other features.
	$(CARGO) test --locked --quiet --workspace --no-run --test house_guards
	"$${CARGO_TARGET_DIR:-target}/debug/guards" --contracts .build/leave-out $(ARGS)

fuzz: ## Fuzz every target for FUZZ_SECONDS each (needs cargo-fuzz; ARGS=TARGET limits it to one)
	@scripts/fuzz.sh $(FUZZ_SECONDS) $(ARGS)

bench: check-tools ## Measure redemptions per second (ARGS="--validators 4 --transactions 100000 -o json")
	@$(say) "[1/2] Building with full optimisation (about ten minutes the first time on two cores)"
	$(CARGO) build --locked --release -p senimd
	$(say) "[2/2] Measuring"
	"$${CARGO_TARGET_DIR:-target}/release/senimd" bench $(ARGS)

bench-processes: check-tools ## Measure four validators as processes: pharmacy redemptions and meals (ARGS="--runs 3 -o json")
	@$(say) "[1/2] Building with full optimisation"
	$(CARGO) build --locked --release -p senimd
	$(say) "[2/2] Measuring"
	"$${CARGO_TARGET_DIR:-target}/release/senimd" bench --processes 4 --transactions 30000 --concurrency 2000 $(ARGS)

bench-list: check-tools ## Measure an eligibility list of SENIM_LIST_PERSONS (100,000) from the office's table to the last offer
	@$(say) "[1/2] Building with full optimisation (a quarter of an hour the first time on two cores)"
	$(CARGO) nextest run --locked --release --workspace --test scenario_consent --no-run
	$(say) "[2/2] Measuring"
	SENIM_LIST_PERSONS=$${SENIM_LIST_PERSONS:-100000} $(CARGO) nextest run --locked --release --workspace --test scenario_consent --no-capture a_long_list

bench-peers: check-tools ## Compare meals with the same rows on PostgreSQL, in one run (needs Debian's postgresql)
	@$(say) "[1/2] Building with full optimisation"
	$(CARGO) build --locked --release -p senimd
	$(say) "[2/2] Measuring"
	scripts/bench-peers.sh $(ARGS)

overload: check-tools ## Offer ten times what four processes can do, and see what honest clients get
	@$(CARGO) build --locked --release -p senimd
	"$${CARGO_TARGET_DIR:-target}/release/senimd" bench --processes 4 --scenario overload $(ARGS)

soak: check-tools ## Load four processes for ten minutes and watch their memory
	@$(CARGO) build --locked --release -p senimd
	"$${CARGO_TARGET_DIR:-target}/release/senimd" bench --processes 4 --scenario soak $(ARGS)

chaos: check-tools ## Kill and cut off four processes under load, and count what was acknowledged (ARGS="--seconds 600 --kills 100 --cuts 20")
	@$(say) "[1/2] Building"
	$(CARGO) build --locked --release -p senimd -p senim-tests --bin senimd --bin chaos
	$(say) "[2/2] Killing and counting"
	"$${CARGO_TARGET_DIR:-target}/release/chaos" $(ARGS)

upgrade-test: check-tools ## Replace the software of four processes one by one under load, and change the protocol and a contract
	@$(say) "[1/3] Building the software that knows version 2 of the protocol"
	$(CARGO) build --locked --release -p senimd --features protocol-2
	cp "$${CARGO_TARGET_DIR:-target}/release/senimd" "$${CARGO_TARGET_DIR:-target}/release/senimd-protocol-2"
	$(say) "[2/3] Building the software that does not"
	$(CARGO) build --locked --release -p senimd -p senim-tests --bin senimd --bin upgrade
	$(say) "[3/3] Upgrading"
	"$${CARGO_TARGET_DIR:-target}/release/upgrade" $(ARGS)

deb: check-tools ## Build the Debian package target/debian/senim_*.deb, look into it and run what is in it (needs dpkg-deb)
	@$(say) "[1/3] Building the node and its client"
	$(CARGO) build --locked --release -p senimd -p senim-cli -p senim-portal -p senim-connector
	$(say) "[2/3] Packing"
	scripts/deb.sh build "$${CARGO_TARGET_DIR:-target}/release"
	$(say) "[3/3] Looking into the package and running it"
	scripts/deb.sh check

clean: ## Remove everything that was built and the demo's ledger
	@$(say) "Removing every target, .build, devnet"
	rm -rf target contracts/target client/light-client/wasm/target .build devnet fuzz/target
