"""As test_description.py, of what one statement writes without a transaction: nothing that it
does could be rolled back."""

from __future__ import annotations

import pytest

from apps.merchants import scopes
from tests.api.conftest import Shop
from tests.api.test_description import (
    COMMIT_BY_THEMSELVES,
    DESCRIBED,
    EXAMPLES,
    is_answered_as_described,
    served,
)


@pytest.mark.longer
@pytest.mark.parametrize(
    "operation",
    [one for one in DESCRIBED if one.label in COMMIT_BY_THEMSELVES],
    ids=lambda one: one.label,
)
@pytest.mark.timeout(3600 if EXAMPLES else 120)
def test_everything_is_answered_as_described(operation, transactional_db, paying_account, settings):
    settings.RATE_LIMITS = dict.fromkeys(settings.RATE_LIMITS, 10**9)
    served.ids = {}

    is_answered_as_described(operation, Shop(scopes=list(scopes.ALL)).key)


def test_each_of_them_is_described():
    assert {one.label for one in DESCRIBED} >= COMMIT_BY_THEMSELVES
