# `make demo` shows Rowmill working, `make test` proves it. Both set up what they need in .venv. `make help` lists all.
PYTHON ?= python3
BIN := .venv/bin
WORKERS ?= 2
ROWS ?= 5000000
UPLOAD_MB ?= 5000

unexport PYTHONDONTWRITEBYTECODE # the tests start hundreds of processes, each of which would compile all modules anew

.PHONY: help setup web web-dev web-lint web-measure screenshots demo test test-rest test-all coverage faults attacks fuzz packaging lint serve migrate index openapi client bench bench-growth bench-catalog differential lock image env up down chart deploy-check compose-test cluster-test sbom advisories

help: ## list what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: .venv/.ready web/.ready ## install what is needed into .venv, versions and hashes as locked; build the web page

# The lock holds every version with its hashes; the project itself is installed editable, without looking for anything more.
.venv/.ready: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Rowmill needs Python 3.11 or newer")'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --require-hashes --no-deps -r requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e .
	@touch $@

# Without Node or npm's registry there is no page, and the server says how it is built; nothing else lacks.
WEB_SOURCES := $(shell find web/src web/public -type f ! -name schema.d.ts) $(addprefix web/,index.html package.json package-lock.json vite.config.ts) openapi.json
web/.ready: .venv/.ready $(WEB_SOURCES)
	@$(BIN)/python -m tools.build_web --if-possible
	@touch $@

web: .venv/.ready ## build the web page into web/dist: static files for any web server
	$(BIN)/python -m tools.build_web

web-dev: web ## the web page with hot reload at 127.0.0.1:5173, on the server at ROWMILL_URL (127.0.0.1:8000)
	cd web && npm run dev

web-lint: web ## types, lint and unit tests of the web page
	cd web && npm run lint && npm test

# Chromium on a calm machine: five million rows are loaded and scrolled through, 5 GB sent. About half an hour.
web-measure: setup ## what the page costs a browser (ROWS=5000000 UPLOAD_MB=5000)
	$(BIN)/python -m bench.web $(ROWS) $(UPLOAD_MB)

screenshots: setup ## make the README's pictures of the web page anew (needs Chromium)
	$(BIN)/python -m tests.web.screenshots docs/pictures

demo: setup ## show it working: load a sample, search it, keep serving (EXIT=1: end then)
	$(BIN)/python -m services.command_line.demo $(if $(EXIT),--exit)

serve: setup ## run all services in one process
	$(BIN)/rowmill serve

migrate: setup ## bring PostgreSQL's schema up to date
	$(BIN)/rowmill migrate

index: setup ## make search indices anew (DATASETS=… some of them)
	$(BIN)/rowmill index $(DATASETS)

openapi: setup ## write openapi.json from the code
	$(BIN)/python -m services.describe_api > openapi.json
	$(BIN)/python -m services.describe_events > asyncapi.json

# What of the client follows from elsewhere: client.py from async_client.py, options.py from the API's options.
client: setup ## write what of the client follows from elsewhere
	$(BIN)/python -m tools.generate_client

# WORKERS processes at once; each has a PostgreSQL and running Rowmills of its own. Each test that is not long, of a test with many cases two (tests/selection.py).
test: setup ## run the tests, WORKERS=2 processes at once; with STACK_* set, on the real servers too
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal

# DRAW=3:seed runs the long tests and a third of all else, which the seed draws.
test-rest: setup ## run the cases that `make test` leaves out
	ROWMILL_TEST_EXEC=1 ROWMILL_TEST_CASES=rest ROWMILL_TEST_DRAW=$(DRAW) $(BIN)/python -m pytest -n $(WORKERS) --dist worksteal

test-all: setup ## run all cases of all tests
	ROWMILL_TEST_CASES=all $(BIN)/python -m pytest -n $(WORKERS) --dist worksteal

# Statements and branches that the tests reach, in the processes that they start as well. Killed processes tell nothing, so no faults.
coverage: setup ## measure what the tests reach
	ROWMILL_TEST_EXEC=1 $(BIN)/python -m pytest -n $(WORKERS) --dist worksteal --cov --cov-report=term tests/unit tests/contracts tests/flows

# What is drawn, or goes through both homes file by file: `make test` draws a quarter of it.
DRAWN := tests/flows/test_nasty.py tests/flows/test_schemathesis.py tests/flows/test_versions_machine.py tests/flows/test_any_input.py \
	tests/unit/scan tests/unit/columns tests/unit/parser

# With the real servers (STACK_*), all of it: about 15 minutes on two cores. ROWMILL_FAULT_SEED repeats a run; STACK_COMMAND, called as
# `$$STACK_COMMAND kill|pause|resume|up NAME`, lets it kill the servers too. With ROWMILL_TEST_KEYS=1 every Rowmill of it asks for keys.
# With ROWMILL_TEST_SMALL_ROWS_MAX=300 tables have no index in Elasticsearch before they are as large as that.
faults: setup ## run the whole fault suite, about 15 minutes on two cores
	ROWMILL_TEST_EXEC=1 $(BIN)/python -m pytest -m "slow or not slow" tests/faults
	ROWMILL_TEST_EXEC=1 ROWMILL_TEST_THOROUGH=1 $(BIN)/python -m pytest -m "slow or not slow" $(DRAWN)

MINUTES ?= 10
differential: setup ## hold every route against plain Python, in both homes with STACK_*, for MINUTES=10; prints seeds
	$(BIN)/python -m tests.differential $(MINUTES)

attacks: setup ## what an attacker or a careless client does, slow cases too, with a table of them
	ROWMILL_TEST_EXEC=1 $(BIN)/python -m pytest -m "slow or not slow" tests/attacks

# MINUTES for each parser; all of them take two and a half hours with 10. A seed that is printed repeats what was drawn.
MINUTES ?= 10
fuzz: setup ## draw what comes in for every parser, MINUTES=10 each
	$(BIN)/python -m tests.fuzz_inputs $(MINUTES)

# Builds the wheel and installs each set of it into an empty environment: about a minute, with a package index at hand.
packaging: setup ## build the wheel and install each set of it into an empty environment
	$(BIN)/python -m pytest -m "slow or not slow" tests/packaging

lint: setup ## ruff, mypy and the import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

# Needs the real servers (STACK_*). The rivals live in an environment of their own.
bench: setup .venv-bench/.ready ## measure against rivals; needs the real servers
	$(BIN)/python -m bench.ingest
	$(BIN)/python -m bench.load
	$(BIN)/python -m bench.upsert
	$(BIN)/python -m bench.extremes distributed
	$(BIN)/python -m bench.indexing
	$(BIN)/python -m bench.reading

# Minutes with the sizes that are given, hours with 20,000,000 rows; on a calm machine. SIZES="20000 60000 200000 embedded" tries it.
SIZES ?= 50000 500000 5000000
bench-growth: setup ## how costs grow with rows, in both homes: SIZES="50000 500000 5000000 datasets=10,100,1000 parsers=1,2"
	$(BIN)/python -m bench.growth $(SIZES)

bench-catalog: setup ## the catalog with 1,000,000 uploads and 10,000,000 chunks: what each list and read takes (needs a PostgreSQL)
	$(BIN)/python -m bench.catalog

.venv-bench/.ready: bench/rivals/requirements.txt
	$(PYTHON) -m venv .venv-bench
	.venv-bench/bin/python -m pip install --quiet -r $<
	@touch $@

sbom: .venv-supply/.ready ## write what the server's image is made of as CycloneDX: dist/sbom.cdx.json
	@mkdir -p dist
	.venv-supply/bin/cyclonedx-py requirements requirements.server.lock --pyproject pyproject.toml --mc-type application --of JSON -o dist/sbom.cdx.json

advisories: .venv-supply/.ready ## look for known vulnerabilities of the locked packages
	.venv-supply/bin/pip-audit --requirement requirements.server.lock --require-hashes --disable-pip

.venv-supply/.ready: deploy/supply/requirements.txt
	$(PYTHON) -m venv .venv-supply
	.venv-supply/bin/python -m pip install --quiet -r $<
	@touch $@

# Hosts of package indexes never stand in the lock, so it works behind any mirror.
lock: ## lock every version with its hashes
	uv pip compile -q --universal pyproject.toml --all-extras --group dev --generate-hashes --no-header --no-annotate -o requirements.lock
	uv pip compile -q --universal pyproject.toml --extra embedded -c requirements.lock --generate-hashes --no-header --no-annotate -o requirements.server.lock
	printf 'hatchling\nwheel\n' | uv pip compile -q --universal - -c requirements.lock --generate-hashes --no-header --no-annotate -o requirements.build.lock

IMAGE ?= rowmill:latest
image: ## build the container image (IMAGE=…)
	docker build --build-arg REVISION=$$(git rev-parse HEAD) --build-arg CREATED=$$(git log -1 --format=%cI) --tag $(IMAGE) .

env: ## make .env for the compose file: passwords and keys of chance where it has none yet
	tools/make_env

up: env image ## start all of it in containers: http://127.0.0.1:8080
	docker compose up -d --wait --wait-timeout 180
	@echo "Rowmill listens at http://127.0.0.1:$$(sed -n 's/^ROWMILL_PORT=//p' .env); ROWMILL_FIRST_KEY in .env opens it"

down: ## stop the containers; their data stays
	docker compose --profile monitoring down --timeout 60

chart: setup ## write what follows from the chart: its schema, its README, k8s/ (needs helm)
	$(BIN)/python -m tools.render_dashboards
	$(BIN)/python -m tools.describe_chart
	$(BIN)/python -m tools.render_chart

deploy-check: ## check image, chart and alerts without running them: hadolint, promtool, helm, kubeconform, kube-score, checkov
	tools/check_deploy

compose-test: setup image ## bring docker-compose.yml up for real: healthy, a file in, parsers killed, every value verified; prints a table
	$(BIN)/python -m tools.compose_test

# Needs docker, kubectl, helm and a cluster whose NodePorts are reached from here; ROWMILL_LOAD_IMAGE is the command that gives it an image.
cluster-test: setup ## run k8s/ and the chart on a real Kubernetes: load, scale out, lose pods, upgrade, restore; prints a table
	$(BIN)/python -m tools.cluster_test
