# Everything goes through the checkout's own .venv; paths are relative, so the clone may live anywhere.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help demo up down status test test-oracle mutants lint new-system docs screenshots chaos bench requirements
PY := .venv/bin/python
INSTALADO := .venv/.instalado
COMPILAR := -m uv pip compile --quiet --universal --python-version 3.11 --no-annotate --no-emit-index-url --no-emit-find-links
RUNS := $(PY) -c 'import psutil, psycopg2, sqlalchemy' 2>/dev/null
NO_VENV := this checkout has no .venv that works (make up and make demo make one)
export UV_CUSTOM_COMPILE_COMMAND := make requirements

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' Makefile | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 22

demo: $(INSTALADO) ## a hospital at work for two minutes on a stack of its own, then the figures (.demo/report.json)
	@exec $(PY) -m sandbox.stack demo

up: $(INSTALADO) ## start everything and leave it running, simulator on; prints the UI's address and login
	@exec $(PY) -m sandbox.stack up

# These two look at what is there: they never install anything.
down: ## stop what make up started
	@$(RUNS) || { echo "nothing was running: $(NO_VENV)"; exit 0; }; exec $(PY) -m sandbox.stack down

status: ## health, and what waits in the queues since when
	@$(RUNS) || { echo "nothing is running: $(NO_VENV)"; exit 0; }; exec $(PY) -m sandbox.stack status

test: $(INSTALADO) ## the whole test suite, with coverage by room (T="tests/unit -k fila" for a part, without)
	@PYTHONDONTWRITEBYTECODE= exec $(PY) -m pytest $(or $(T),-p tests.coverage --durations=20 -n 3 tests)

test-oracle: $(INSTALADO) ## Oracle's wire protocol: against ORACLE_TEST_DSN (user/password@host:port/service), else a TNS stand-in
	@[[ -n "$$ORACLE_TEST_DSN" ]] || bash .ci/oracle
	@FUSION_ORACLE_TESTS=1 exec $(PY) -m pytest $(or $(T),tests/oracle)

mutants: $(INSTALADO) ## do the quick tests notice small faults? (about an hour; goes on where it was stopped; M="--only ledger" for a part)
	@exec nice $(PY) -m tests.mutants $(M)

lint: $(INSTALADO) ## ruff, mypy, import contracts, settings, pages; all run, any failure fails
	@exec $(PY) .ci/lint.py

new-system: $(INSTALADO) ## a new source system, ready to run: NAME=homecare [TABLES=homecare.toml] [TITLE="Home Care"]
	@$(PY) -m sandbox.scaffold '$(NAME)' $(if $(TABLES),--tables '$(TABLES)') $(if $(TITLE),--title '$(TITLE)')
	@exec $(PY) .ci/docs.py

docs: $(INSTALADO) ## write the pages that are made from the code: DAGS.md, docs/reference/settings.md
	@exec $(PY) .ci/docs.py

screenshots: $(INSTALADO) ## pictures of the UI for docs/imagens, of the stack that make up started (needs Chromium: .ci/navegador)
	@exec $(PY) -m tests.screenshots

chaos: $(INSTALADO) ## a thousand faults on a stack of its own, then the table (.chaos/report.json); goes on where it was stopped (C="--help")
	@exec $(PY) -m tests.chaos $(C)

bench: $(INSTALADO) ## the benchmarks: a table, and .bench/results.json
	@exec $(PY) -m tests.bench $(B)

requirements: $(INSTALADO) ## compile requirements*.in into the pinned .txt (UPGRADE=1 moves every pin)
	@$(PY) $(COMPILAR) $(if $(UPGRADE),--upgrade) requirements.in -o requirements.txt
	@$(PY) $(COMPILAR) $(if $(UPGRADE),--upgrade) requirements-dev.in -o requirements-dev.txt
	@$(PY) $(COMPILAR) $(if $(UPGRADE),--upgrade) requirements-oracle.in -o requirements-oracle.txt

# The stamp is older than the pins after every change of them, and only then is anything installed.
$(INSTALADO): requirements.txt requirements-dev.txt
	@PYTHON="$(PYTHON)" bash .ci/ambiente
