# Needs Python 3.11 or newer with pip and venv, and git. Everything else is brought along.
PYTHON ?= python3
BIN := .venv/bin
ifneq ($(shell command -v uv),)
INSTALL := uv pip install --quiet --python $(BIN)/python --require-hashes -r
else
INSTALL := $(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r
endif

.PHONY: test
test: .venv/.dev  ## style, types and all tests; only some: make test ARGS="tests/booking -k slot"
	@$(BIN)/python -m tests.run $(ARGS)

.venv/.dev: requirements-dev.txt | $(BIN)/pip
	@echo "Installing what requirements-dev.txt lists ..."
	@$(INSTALL) $<
	@touch .venv/.run $@

$(BIN)/pip:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	|| { echo "Quantix needs Python 3.11 or newer. If it has another name: make PYTHON=..."; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || { $(PYTHON) -c \
	'import sys; print("Python lacks venv: apt-get install python%d.%d-venv" % sys.version_info[:2])'; \
	exit 1; }
	@$(PYTHON) -m venv .venv
