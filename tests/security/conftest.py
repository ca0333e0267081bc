from __future__ import annotations

import pytest

from tests.factories import ProviderAccountFactory
from tests.fakes import FAKE, FakeConnector, FakeProvider, open_account, register
from tests.payouts.fakes import PayingConnector, PayingProvider
from tests.security.routes import World


@pytest.fixture
def rails(monkeypatch):
    """Payments, refunds and payouts can be asked for in both modes."""
    pays_anybody = (FakeProvider(), FakeConnector)
    register(monkeypatch, {FAKE: (PayingProvider(), PayingConnector), "fake_out": pays_anybody})
    for livemode in (False, True):
        open_account(livemode=livemode, operations=["collect", "disburse"])
        open_account(livemode=livemode, connector="fake_out", operations=["disburse"])
        ProviderAccountFactory(connector="orange_webpay", livemode=livemode)


@pytest.fixture
def world(db, rails):
    return _known(World())


@pytest.fixture
def stranger(db, rails):
    return _known(World())


@pytest.fixture
def other_mode(world):
    """The same merchant's objects of the other mode."""
    return _known(World(merchant=world.merchant, livemode=True))


def _known(world):
    """Its key was used just now: that is not written again."""
    assert world.shop.get("/api/v1/me").status_code == 200
    return world
