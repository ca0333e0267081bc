from __future__ import annotations

import pytest

from tests.clients.tools import install
from tests.docs.conftest import demo

__all__ = ["demo"]


@pytest.fixture(scope="session", autouse=True)
def _tools() -> None:
    install()
