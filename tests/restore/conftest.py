"""A database that forgets what it did last, and providers that do not."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest
from django.db import transaction

from apps.core.ttl_cache import clear_all
from apps.orchestration.services.release_money_out import release_money_out
from apps.reconciliation.services.after_restore import after_restore
from tests.api.conftest import Shop
from tests.fakes import submit_due
from tests.payouts.conftest import account, broken_books, create, merchant, provider

__all__ = ["account", "broken_books", "create", "merchant", "provider"]

# Longer than any provider's "never heard of it" proves nothing.
GRACE_S = 901


class _Forgotten(Exception):
    pass


@contextmanager
def forgotten() -> Iterator[None]:
    """What is done within it was done, and the database knows nothing of it."""
    with suppress(_Forgotten), transaction.atomic():
        yield
        raise _Forgotten
    clear_all()


@pytest.fixture
def shop(merchant):
    return Shop(merchant)


@pytest.fixture
def restore(clock):
    def run():
        done = after_restore(
            actor="operator:ama", reason="the disk died", places=[], now=clock.now, alone=False
        )
        clear_all()
        return done

    return run


@pytest.fixture
def release(clock):
    """Money out is released as soon as it may be, and all that waited is sent."""

    def run():
        clock.advance(seconds=GRACE_S)
        release_money_out(actor="operator:ama", reason="reports compared", now=clock.now)
        clear_all()
        clock.advance(seconds=61)
        return submit_due(clock.now)

    return run
