# Two commands matter: `make demo` and `make test`. Each sets up what it needs (tools/set-up.sh).
.DEFAULT_GOAL := help
.PHONY: help demo serve doctor test end-to-end quick check check-python check-front front wheel bench screens format clean

SET_UP := @tools/set-up.sh
BIN := .venv/bin
PYTEST := $(BIN)/pytest
# Set for images, it makes each process of a house compile every module anew: seconds before it begins.
unexport PYTHONDONTWRITEBYTECODE

help: ## what can be done here
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

demo: ## a shop, a host on air and viewers, in your browser in a minute
	$(SET_UP) python front
	@$(BIN)/tallylight demo

serve: ## your own shop
	$(SET_UP) python front
	@$(BIN)/tallylight serve

doctor: ## what works on this machine
	$(SET_UP) python front
	@$(BIN)/tallylight doctor

test: ## checks, every test on both PostgreSQLs, and the whole show in Chromium
	$(SET_UP) python front test-tools
	@$(MAKE) --no-print-directory check
	@$(PYTEST) -q -n 2 --dist worksteal -m 'not alone'
	@$(PYTEST) -q -m alone $$(grep -rl --include='*.py' 'mark\.alone' tests)

end-to-end: ## only the whole show in Chromium, and what of it aired
	$(SET_UP) python front test-tools
	@$(PYTEST) -q tests/end_to_end

quick: ## tests without the slow ones, on the embedded PostgreSQL
	$(SET_UP) python front
	@TALLYLIGHT_TEST_POSTGRES=embedded $(PYTEST) -q -m 'not slow and not browser'

check: check-python check-front ## lint, types, import rules, unit tests of the front end

check-python:
	$(SET_UP) python
	@$(BIN)/ruff check --quiet src tests bench
	@$(BIN)/ruff format --check --quiet src tests bench
	@$(BIN)/mypy
	@$(BIN)/lint-imports

check-front:
	$(SET_UP) node-packages
	@cd web && npm run --silent lint && npm run --silent check && npm run --silent test

front: ## build the pages
	$(SET_UP) front

wheel: ## dist/tallylight-*.whl, with the pages inside: runs where there is no Node
	$(SET_UP) python front
	@rm -rf dist
	@PATH="$$PWD/.uv/bin:$$PATH" uv build --quiet --wheel
	@ls dist/*.whl

bench: ## every benchmark beside its peer; one: .venv/bin/python -m bench.NAME
	$(SET_UP) python front test-tools bench-tools
	@for file in bench/*.py; do \
	  name=$$(basename $$file .py); \
	  if grep -q '^if __name__ ==' $$file; then $(BIN)/python -m bench.$$name || exit 1; fi; \
	done

screens: ## pictures of the screens, phone and desktop, into artifacts/
	$(SET_UP) python front test-tools
	@$(PYTEST) -q -m browser

format: ## put the code in its usual form
	$(SET_UP) python
	@$(BIN)/ruff check --fix --quiet src tests bench
	@$(BIN)/ruff format --quiet src tests bench

clean: ## remove what was built, not the packages and never the data
	@rm -rf dist build artifacts src/tallylight/app/web/static
