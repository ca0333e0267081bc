# Every target builds .venv first, if need be: a machine with python3 and make is enough.
# All paths are relative, so that the folder may be anywhere, with spaces in its name.

PYTHON ?= python3
VENV := .venv/bin/python

# Some systems set it. Each of the many processes here would compile Django anew: 2 s of work each.
export PYTHONDONTWRITEBYTECODE :=

.DEFAULT_GOAL := help
.PHONY: help demo run test one browser clients soak planted check format bench metrics coverage connector messages lock openapi sdk environment system

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' Makefile

demo: environment ## start everything from nothing, live through one payment, serve (ARGS=--exit: end after it)
	@$(VENV) -m local.demo $(ARGS)

run: environment ## start everything, serve until Ctrl-C (PORT=8000)
	@$(VENV) -m local.run

test: environment system ## all tests but those of `make soak` (ARGS="-k name": some)
	@$(VENV) -m pytest -n 4 --dist loadgroup $(ARGS)

one: environment ## one file of tests, in seconds (T=path)
	@$(VENV) -m pytest -n0 -q $(T) $(ARGS)

browser: environment system ## every page in a real browser, French and English, 360 and 1280 pixels
	@LOMI_BROWSER=all LOMI_SOAK=1 $(VENV) -m pytest -n 2 --dist loadgroup -m "" tests/browser $(ARGS)

clients: environment ## a payment by clients that five generators make of docs/openapi.json
	@LOMI_CLIENTS=1 $(VENV) -m pytest -n0 -q tests/clients $(ARGS)

soak: environment system ## the long tests; crashes, provider faults and random days, at length (SOAK_MINUTES=20 SOAK_SEED=1)
	@$(VENV) -m tests.chaos

planted: environment ## plant bugs that break money, one at a time: the suite must see each (ARGS=refund: some)
	@$(VENV) -m tests.planted_bugs $(ARGS)

check: environment ## types, imports, migrations, lint, format
	@$(VENV) -m local.check

format: environment ## put the code in its usual form
	@$(VENV) -m ruff check --fix --quiet
	@$(VENV) -m ruff format

bench: environment ## measure against the floors (NAME=one: just that)
	@$(VENV) -m benchmarks $(NAME)

coverage: environment system ## all tests, and which lines of the code none of them runs
	@$(VENV) -m pytest -n 3 --dist loadgroup --cov --cov-report=term $(ARGS)

metrics: environment ## how the house is built, in numbers
	@$(VENV) -m local.metrics

connector: environment ## lay out a new connector that keeps the contract (NAME=wave_money)
	@$(VENV) -m local.new_connector $(NAME)

messages: environment ## refresh the French and English catalogues (needs gettext)
	@$(VENV) manage.py makemessages --settings config.settings.test -l fr -l en --no-wrap --no-obsolete --add-location file -i .venv -i var -i examples
	@msgen --no-wrap -o locale/en/LC_MESSAGES/django.po locale/en/LC_MESSAGES/django.po
	@sed -i '/^"POT-Creation-Date/d;/^"Report-Msgid/d' locale/*/LC_MESSAGES/django.po
	@$(VENV) manage.py compilemessages --settings config.settings.test -v 0 -i .venv

lock: environment ## pin requirements/*.in with their hashes
	@cd requirements && for name in base dev clients production; do \
		../.venv/bin/uv pip compile --quiet --universal --generate-hashes --python-version 3.11 \
			--custom-compile-command "make lock" $$name.in -o $$name.txt || exit 1; \
	done
	@$(VENV) -m tests.clients.tools

openapi: environment ## write docs/openapi.json, the state diagrams and the picture of the house
	@$(VENV) manage.py write_openapi --settings config.settings.test
	@$(VENV) manage.py draw_states --settings config.settings.test
	@$(VENV) -m local.architecture

sdk: environment openapi ## make the models of sdk/python from docs/openapi.json
	@$(VENV) -m sdk.python.generate
	@$(VENV) -m ruff format --quiet sdk/python/lomi

# The examples need curl, node and PHP, the edge nginx, the pages chromium (its shell where there is one), reports over SFTP OpenSSH, signed ones GnuPG, the metrics prometheus; where one cannot be installed its tests are skipped.
system:
	@missing=""; \
	for one in curl:curl node:nodejs php:php-cli nginx:nginx sshd:openssh-server sftp:openssh-client gpg:gnupg chromium-headless-shell:chromium-headless-shell promtool:prometheus; do \
		command -v "$${one%%:*}" >/dev/null || missing="$$missing $${one##*:}"; \
	done; \
	[ -z "$$missing" ] || [ "$$(id -u)" != 0 ] || ! command -v apt-get >/dev/null || \
		{ apt-get update -qq && apt-get install -y -qq $$missing >/dev/null; } || \
		apt-get install -y -qq $$(echo "$$missing" | sed s/chromium-headless-shell/chromium/) >/dev/null || true

environment:
	@$(PYTHON) local/bootstrap.py
