"""Every dotted name in the documents exists: who moves a function takes its page along."""

from __future__ import annotations

import importlib
import re

import pytest

from tests.docs.pages import ROOT, pages, read

NAME = re.compile(r"`((?:apps|config)(?:\.\w+)+)`")


def find(name: str) -> object:
    """The module or what it holds; raises ImportError or AttributeError."""
    parts = name.split(".")
    for length in range(len(parts), 0, -1):
        try:
            found: object = importlib.import_module(".".join(parts[:length]))
        except ModuleNotFoundError as error:
            if not name.startswith(str(error.name)):
                raise
            continue
        for part in parts[length:]:
            found = getattr(found, part)
        return found
    raise ModuleNotFoundError(name)


@pytest.mark.parametrize("page", [str(path.relative_to(ROOT)) for path in pages()])
def test_every_name_exists(page):
    missing = []
    for name in sorted(set(NAME.findall(read(page)))):
        try:
            find(name)
        except (ImportError, AttributeError):
            missing.append(name)

    assert missing == []


def test_the_journey_names_each_of_its_stations():
    named = set(NAME.findall(read("docs/journey.md")))

    assert {
        "apps.payments.services.create_payment.create_payment",
        "apps.orchestration.services.claim_attempts.claim_attempts",
        "apps.orchestration.services.submit_attempt.submit_attempt",
        "apps.orchestration.services.apply_replies.apply_replies",
        "apps.orchestration.services.handle_callback.handle_callback",
        "apps.orchestration.services.refresh_attempt.refresh_attempt",
        "apps.payments.services.expire_payment.expire_payment",
        "apps.ledger.services.post.post",
        "apps.webhooks.services.deliver_webhook.deliver_webhook",
        "apps.webhooks.services.mark_deliveries.mark_deliveries",
    } <= named
