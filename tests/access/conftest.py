from __future__ import annotations

import pytest

from tests.access.two_people import at_keyboard, superuser


@pytest.fixture
def awa(db):
    return superuser("awa")


@pytest.fixture
def chipo(db):
    return superuser("chipo")


@pytest.fixture
def client_of_awa(awa):
    return at_keyboard(awa)
