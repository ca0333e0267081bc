"""What the walks compare sees every change, and no change where there was none."""

import pytest
from django.db import transaction

from tests.security.routes import fingerprint, undone

pytestmark = pytest.mark.django_db


def test_a_change_is_seen_and_so_is_its_undoing(world):
    merchant = world.merchant
    before = fingerprint()

    with undone():
        merchant.name = "Another"
        merchant.save(update_fields=["name"])
        within = fingerprint()
    after = fingerprint()
    with transaction.atomic():
        merchant.save(update_fields=["name"])
    changed = fingerprint()

    assert [name for name in before if within[name] != before[name]] == ["merchants_merchant"]
    assert after == before
    assert changed == within
