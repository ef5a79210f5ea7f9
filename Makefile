# Needs Python 3.11 or newer with pip and venv, and git. It installs everything else.
PYTHON ?= python3
BIN := .venv/bin
ifneq ($(shell command -v uv),)
INSTALL := uv pip install --quiet --python $(BIN)/python --require-hashes -r
else
INSTALL := $(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r
endif
LOCK := uv pip compile pyproject.toml --quiet --universal --generate-hashes --python-version 3.11 \
	--no-emit-index-url --no-emit-find-links --no-header $(if $(UPGRADE),--upgrade-package $(UPGRADE))

.PHONY: run dev test release-check coverage soak bench mutate screenshots messages lock

run: .venv/.run  # serve on http://127.0.0.1:$PORT
	@exec $(BIN)/python -m quantix.start

dev: .venv/.dev  # the same with reload and debug pages
	@exec $(BIN)/python -m quantix.start --dev

test: .venv/.dev  # style, types and all tests; only some: make test ARGS="tests/booking -k slot"
	@$(BIN)/python -m tests.run $(ARGS)

release-check: .venv/.dev  # what only a release needs: translations, the version in CHANGELOG.md, coverage
	@$(BIN)/python -m tests.release
	@$(MAKE) --no-print-directory coverage

# Coverage is measured in one process, without a browser, on SQLite. It makes the tests slower by
# two thirds, so `make test` does not measure it.
coverage: .venv/.dev  # which lines of the code the tests reach; fails below the floor in pyproject.toml
	@$(BIN)/coverage run -m pytest -q -n 0 -m "not browser" tests/booking tests/calendars tests/onetime_links tests/product
	@$(BIN)/coverage report

soak: .venv/.dev  # the same promises for longer: races, crashes; some: make soak ARGS="--only races --quick"
	@$(BIN)/python -m tests.soak $(ARGS)

messages: .venv/.dev  # after a change of what people read: brings it into locale/, to be translated
	@$(BIN)/django-admin makemessages --all --add-location file --no-obsolete --ignore tests

screenshots: .venv/.dev  # every screen as a picture; some: make screenshots ARGS="-k booking-page"
	@$(BIN)/pytest tests/screenshots/take.py -q -n 2 $(ARGS)

bench: .venv/.dev  # how fast it is, beside yardsticks; some: make bench ARGS="--only pages --quick"
	@$(BIN)/python -m tests.benchmark $(ARGS)

mutate: .venv/.dev  # changes that no test notices: make mutate ARGS="booking/acts"; of a change: ARGS="--since main"
	@$(BIN)/python -m tests.mutation $(ARGS)

lock:  # after a change of dependencies in pyproject.toml; newer: make lock UPGRADE=tzdata
	$(LOCK) -o requirements.txt
	$(LOCK) --group dev -c requirements.txt -o requirements-dev.txt

.venv/.run: requirements.txt | $(BIN)/pip
	@echo "Installing what $< lists ..."
	@$(INSTALL) $<
	@touch $@

# requirements-dev.txt holds all of requirements.txt, so .run is up to date too.
.venv/.dev: requirements-dev.txt | $(BIN)/pip
	@echo "Installing what $< lists ..."
	@$(INSTALL) $<
	@touch .venv/.run $@

$(BIN)/pip:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	|| { echo "Quantix needs Python 3.11 or newer. If yours has another name: make PYTHON=..."; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || { $(PYTHON) -c 'import sys; print("Python lacks \
	venv. Install it with: apt-get install python%d.%d-venv" % sys.version_info[:2])'; exit 1; }
	@$(PYTHON) -m venv .venv
