# Two commands matter: `make demo` and `make test`. Each installs what it needs.
.DEFAULT_GOAL := help
.PHONY: help demo test check bench front clean

help: ## what can be done here
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

check: ## lint, types, import rules
	uv run ruff check src tests bench
	uv run ruff format --check src tests bench
	uv run mypy
	uv run lint-imports
