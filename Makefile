# `make demo` shows Rowmill working, `make test` proves it. Both set up what they need in .venv.
PYTHON ?= python3
BIN := .venv/bin
WORKERS ?= 2

.PHONY: setup demo test faults packaging lint serve migrate index openapi client bench lock

setup: .venv/.ready

# The lock holds every version with its hashes; the project itself is installed editable, without looking for anything more.
.venv/.ready: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Rowmill needs Python 3.11 or newer")'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --require-hashes --no-deps -r requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e .
	@touch $@

demo: setup
	$(BIN)/python -m services.command_line.demo $(if $(EXIT),--exit)

serve: setup
	$(BIN)/rowmill serve

migrate: setup
	$(BIN)/rowmill migrate

index: setup
	$(BIN)/rowmill index $(DATASETS)

openapi: setup
	$(BIN)/python -m services.describe_api > openapi.json

# What of the client follows from elsewhere: client.py from async_client.py, options.py from the API's options.
client: setup
	$(BIN)/python -m tools.generate_client

# WORKERS processes at once; each has a PostgreSQL and running Rowmills of its own.
test: setup
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal

# With the real servers (STACK_*), all of it: about 15 minutes on two cores. ROWMILL_FAULT_SEED repeats a run; STACK_COMMAND, called as
# `$$STACK_COMMAND kill|pause|resume|up NAME`, lets it kill the servers too.
faults: setup
	$(BIN)/python -m pytest -m "slow or not slow" tests/faults

# Builds the wheel and installs each set of it into an empty environment: about a minute, with a package index at hand.
packaging: setup
	$(BIN)/python -m pytest -m "slow or not slow" tests/packaging

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

# Needs the real servers (STACK_*). The rivals live in an environment of their own.
bench: setup .venv-bench/.ready
	$(BIN)/python -m bench.ingest
	$(BIN)/python -m bench.load
	$(BIN)/python -m bench.upsert
	$(BIN)/python -m bench.extremes distributed
	$(BIN)/python -m bench.indexing
	$(BIN)/python -m bench.reading

.venv-bench/.ready: bench/rivals/requirements.txt
	$(PYTHON) -m venv .venv-bench
	.venv-bench/bin/python -m pip install --quiet -r $<
	@touch $@

# Hosts of package indexes never stand in the lock, so it works behind any mirror.
lock:
	uv pip compile -q --universal pyproject.toml --all-extras --group dev --generate-hashes --no-header --no-annotate -o requirements.lock
