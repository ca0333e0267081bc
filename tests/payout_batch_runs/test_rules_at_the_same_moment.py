"""The rules judge the very batch that is approved: nobody changes it between the two."""

from __future__ import annotations

import threading

import pytest
from django.db import OperationalError, connection, transaction

from apps.merchants import scopes
from apps.payout_batches.models import PayoutBatch
from apps.payout_batches.services import approve_for_merchant as approving
from tests.api.conftest import Shop
from tests.payout_batch_runs.conftest import fresh
from tests.payout_batch_runs.test_api import caller

pytestmark = pytest.mark.django_db(transaction=True)


def test_nobody_changes_a_batch_between_its_rules_and_its_approval(
    draft, submit, clock, merchant, monkeypatch
):
    batch = submit(draft(2))
    shop = Shop(merchant, scopes=[scopes.PAYOUTS_APPROVE])
    kept_out: list[bool] = []

    def change() -> None:
        try:
            with transaction.atomic():
                PayoutBatch.objects.select_for_update(nowait=True).get(pk=batch.pk)
            kept_out.append(False)
        except OperationalError:
            kept_out.append(True)
        finally:
            connection.close()

    def rules_are_asked(_action, _shown):
        other = threading.Thread(target=change)
        other.start()
        other.join()
        return []

    monkeypatch.setattr(approving, "matching_rules", rules_are_asked)

    approving.approve_for_merchant(
        batch_id=batch.pk,
        shown_digest=bytes(batch.digest),
        caller=caller(shop.api_key),
        now=clock.now,
    )

    assert kept_out == [True]
    assert fresh(batch).status == "running"
