from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction

from apps.core.public_ids import new_id, new_id_at
from apps.core.work.outbox import enqueue
from apps.ledger.services.take_snapshots import take_snapshots
from apps.orchestration.models import Attempt
from apps.payments.services.expire_payment import expire_payment
from apps.providers.models import Callback
from apps.reconciliation.models import Discrepancy
from apps.reconciliation.selectors.find_violations import find_violations
from apps.reconciliation.services.open_contradiction import open_contradiction
from apps.reconciliation.services.resolve_discrepancy import resolve_discrepancy
from apps.webhooks.models import Delivery
from tests.factories import (
    EndpointFactory,
    MerchantFactory,
    PaymentFactory,
    ProviderAccountFactory,
)

from .reports import NOON, NOW, foreign_line, line_of, stage_and_match


@pytest.fixture
def broken():
    """The ids of the invariants that are broken now."""

    def check(now=NOW, **options):
        findings = find_violations(now=now, **options)
        return sorted({found.invariant.id for found in findings if found.violations})

    return check


def _snapshot_at(horizon):
    """A snapshot of what was booked so far, as if by transactions that ended before this one."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE ledger_transfer SET database_transaction = %s"
            " WHERE database_transaction > '99'",
            [str(horizon - 1)],
        )
        take_snapshots()
        cursor.execute(
            "UPDATE ledger_snapshot SET horizon = %s WHERE horizon > '99'", [str(horizon)]
        )


@pytest.fixture
def books(db, monkeypatch):
    """Clean books with something of everything; the ids that corruptions name."""
    # Ids begin with the time, which here is NOW.
    monkeypatch.setattr("uuid_utils.compat.uuid7", lambda: new_id_at(NOW))
    merchant, account = MerchantFactory(), ProviderAccountFactory(cost=100)
    # Idle: there to be given what is not theirs.
    other_account = ProviderAccountFactory(connector="orange_webpay")
    EndpointFactory(merchant=merchant, created_at=NOON - timedelta(days=1))
    EndpointFactory(merchant=merchant, livemode=True, created_at=NOW)
    EndpointFactory(created_at=NOW)
    of_all = {"merchant": merchant, "account": account}
    paid, other_paid, unseen, dear = (
        PaymentFactory(succeeded=True, created_at=NOON, **of_all) for _ in range(4)
    )
    failed, contradicted = (
        PaymentFactory(failed=True, created_at=NOON, **of_all) for _ in range(2)
    )
    still_open = {"created_at": NOON, "expires_at": NOW + timedelta(minutes=5), **of_all}
    open_payment = PaymentFactory(submitted=True, **still_open)
    PaymentFactory(**still_open)
    expired = PaymentFactory(submitted=True, created_at=NOON, **of_all)
    PaymentFactory(succeeded=True, created_at=NOON, fee=0, livemode=True)
    for hours in (2, 3):
        _snapshot_at(10 * (hours - 1))
        PaymentFactory(succeeded=True, created_at=NOON + timedelta(hours=hours), **of_all)
    Attempt.objects.exclude(next_check_at=None).update(next_check_at=NOW)
    expire_payment(payment_id=expired.pk, now=NOW)
    _reconcile(account, paid, dear, contradicted)
    _deliver(paid, other_paid)
    enqueue("reconciliation.ask_provider", now=NOW)
    Callback.objects.create(
        connector="mtn_momo",
        attempt_id=paid.attempts.get().pk,
        method="POST",
        body_encrypted=b"",
        body_digest=b"",
        status="handled",
        received_at=NOON,
        handled_at=NOON,
    )
    yield {
        "paid": paid.pk,
        "paid_attempt": paid.attempts.get().pk,
        "other_paid": other_paid.pk,
        "unseen": unseen.pk,
        "failed": failed.pk,
        "open": open_payment.pk,
        "open_attempt": open_payment.attempts.get().pk,
        "expired": expired.pk,
        "account": account.pk,
        "other_account": other_account.pk,
        "stranger": new_id(),
        "now": NOW,
    }
    # What was corrupted is not worth checking once more before it is rolled back.
    transaction.set_rollback(True)


def _reconcile(account, paid, dear, contradicted):
    """One line agrees, one is of a stranger and was resolved, one takes too high a fee."""
    lines = (line_of(paid, fee=50), foreign_line(fee=7), line_of(dear, fee=70))
    stage_and_match(account, *lines, now=NOW)
    resolve_discrepancy(
        discrepancy_id=Discrepancy.objects.get(kind="unknown_to_us").pk,
        reason="Another shop's.",
        resolved_by=User.objects.create_user("awa"),
        now=NOW,
    )
    attempt = contradicted.attempts.get()
    attempt.contradiction = "failed, then succeeded"
    attempt.save()
    open_contradiction(
        attempt_id=attempt.pk, detail=attempt.contradiction, contradicted_at=NOW, now=NOW
    )


def _deliver(taken, given_up):
    Delivery.objects.update(next_attempt_at=NOW)
    Delivery.objects.filter(event__object_id=taken.pk).update(
        status="delivered", tries=1, last_status_code=200, delivered_at=NOW, next_attempt_at=None
    )
    Delivery.objects.filter(event__object_id=given_up.pk).update(
        status="failed", tries=16, last_status_code=500, next_attempt_at=None
    )
