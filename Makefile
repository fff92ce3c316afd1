# Every target sets the project up first; what is set up already costs a fraction of a second.
.DEFAULT_GOAL := help
.PHONY: help setup bench run test check lint types imports spelling generate audit ready clean
.PHONY: measure-stack

BIN := .venv/bin
CODE := src tests tools benchmarks
CLIENT := clients/desktop_web
export PATH := $(CURDIR)/.tools/bin:$(PATH)

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## Install what is missing, build the desktop client
	@tools/setup.sh

run: setup ## Run the whole product on this machine; Ctrl-C ends it
	@$(BIN)/sandbox up $(ARGS)

test: setup ## Run the tests (all but load, soak and mutation runs)
	$(BIN)/python -m pytest $(ARGS)
	npm run test --workspace $(CLIENT)

check: lint types imports spelling test audit ## Everything CI runs

lint: setup ## Lint and formatting
	$(BIN)/ruff check $(CODE)
	$(BIN)/ruff format --check $(CODE)
	npm run lint --workspace $(CLIENT)

types: setup ## Types, by mypy, pyright and tsc
	$(BIN)/mypy
	npx --no-install pyright
	npm run types --workspace $(CLIENT)

imports: setup ## Import contracts
	$(BIN)/lint-imports --no-cache --no-logo

spelling: setup ## Spelling
	$(BIN)/codespell

generate: setup ## Renew generated files (the tests say when they are not current)
	@$(BIN)/bff openapi > .tools/generated && cp .tools/generated openapi/openapi.yaml
	@$(BIN)/bff settings --page > .tools/generated && cp .tools/generated docs/settings.md
	@$(BIN)/bff errors --page > .tools/generated && cp .tools/generated docs/errors.md

audit: setup ## Known vulnerabilities in locked packages: a finding fails, "could not ask" is said
	$(BIN)/python tools/audit_dependencies.py

ready: setup ## Judge production readiness: 74 rows, fails until all pass
	@$(BIN)/ready run $(ARGS)

bench: setup ## CPU per request of the hot paths, beside a small Node peer
	npm ci --prefix benchmarks/peer --no-audit --no-fund --loglevel=error
	$(BIN)/python -m benchmarks.bench $(ARGS)

measure-stack: setup ## Measure the parts of the stack beside what else there is (docs/decisions/0002-stack.md)
	$(BIN)/python -m tools.stack_measurements.run $(ARGS)

clean: ## Remove what set-up made; the sandbox's data stays
	rm -rf .venv .tools node_modules $(CLIENT)/dist .mypy_cache .pytest_cache .ruff_cache
