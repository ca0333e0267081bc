"""Somebody is told before the key of a provider's reports expires, and while it has."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from apps.core.alerts import CRITICAL
from apps.statement_sources.models import SourceConnection
from apps.statement_sources.rules.agreed_keys import OURS, PROVIDER, AgreedKey
from config.alert_sources import ALERT_SOURCES
from tests.factories import ProviderAccountFactory
from tests.monitoring.test_planted import find
from tests.statement_sources.rows import new_source

pytestmark = pytest.mark.django_db

NOW = datetime.fromisoformat("2026-11-20T12:00:00+00:00")


def key(whose, days, made="2026-01-01"):
    ends = (NOW + timedelta(days=days)).date().isoformat() if days is not None else ""
    return AgreedKey(whose, f"{made}:{days}".encode().hex().upper(), "EdDSA", made, ends).as_json()


@pytest.fixture
def agreed(db):
    source = new_source(ProviderAccountFactory(), now=NOW)
    source.is_enabled = True
    source.save()

    def agree(*keys, number=1, mode="signed"):
        return SourceConnection.objects.create(
            source=source,
            number=number,
            created_by="user:1",
            approved_by="user:2",
            created_at=NOW,
            valid_from=NOW,
            pgp_mode=mode,
            pgp_provider_keys="keys",
            pgp_keys=list(keys),
        )

    SourceConnection.objects.filter(source=source).delete()
    return agree


def found():
    return find("pgp_key_ending", NOW, includes_test=1.0)


@pytest.mark.parametrize(
    ("days", "severity"), [(None, None), (31, None), (29, ""), (6, CRITICAL), (-3, CRITICAL)]
)
@pytest.mark.parametrize("whose", [PROVIDER, OURS])
def test_a_key_that_expires_is_found(agreed, whose, days, severity):
    agreed(key(whose, days))

    told = found()

    assert [one.severity for one in told] == ([] if severity is None else [severity])
    assert all(ALERT_SOURCES["pgp_key_ending"].sentence % one.facts for one in told)


def test_what_was_replaced_or_is_not_asked_for_is_not_told(agreed):
    agreed(key(PROVIDER, 3))
    agreed(key(PROVIDER, 300), key(PROVIDER, 3, made="2025-01-01"), number=2)

    assert found() == []

    agreed(key(PROVIDER, 3), number=3, mode="plain")
    assert found() == []
