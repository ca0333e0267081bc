"""Payments from before the search by metadata are found by it too."""

from importlib import import_module

import pytest
from django.db import connection

from apps.payments.models import MetadataEntry
from tests.factories import PaymentFactory

pytestmark = pytest.mark.django_db


def test_the_migration_makes_the_entries_the_product_makes():
    for livemode in (False, True):
        PaymentFactory(livemode=livemode, metadata={"cart": "1", "größe": 'é=\n"☕'})
    PaymentFactory()
    made = set(MetadataEntry.objects.values_list("token", "payment_id"))
    MetadataEntry.objects.all().delete()
    fill = import_module("apps.payments.migrations.0003_fill_metadata_entries").fill

    for _ in range(2):
        with connection.schema_editor() as editor:
            fill(None, editor)

    assert set(MetadataEntry.objects.values_list("token", "payment_id")) == made
    assert len(made) == 4
