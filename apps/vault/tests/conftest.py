"""Known keys for the vault; settings themselves only when the tests run without the project's."""

from __future__ import annotations

import base64

import pytest
from django.conf import settings

if not settings.configured:
    settings.configure(SECRET_KEY="replaced below")

from django.test.utils import override_settings

KEY_1 = base64.b64encode(bytes(range(32))).decode()
KEY_2 = base64.b64encode(bytes(range(32, 64))).decode()
INDEX_KEY = base64.b64encode(bytes(range(64, 96))).decode()


@pytest.fixture(autouse=True)
def _vault_keys():
    with override_settings(
        VAULT_KEYS=f"k1:{KEY_1}",
        VAULT_INDEX_KEY=INDEX_KEY,
        VAULT_SEARCH_KEYS="index",
        SECRET_KEY="a secret of the tests",
        SECRET_KEY_FALLBACKS=[],
    ):
        yield
