import pytest
from django.contrib.auth.models import User

from apps.audit.models import AuditEntry
from apps.reconciliation.models import Discrepancy
from apps.reconciliation.services.open_contradiction import open_contradiction
from apps.reconciliation.services.record_decision import DiscrepancyClosed, ReasonMissing
from apps.reconciliation.services.resolve_discrepancy import resolve_discrepancy
from tests.factories import PaymentFactory, ProviderAccountFactory

from .reports import NOW, foreign_line, stage_and_match

pytestmark = pytest.mark.django_db


@pytest.fixture
def discrepancy():
    stage_and_match(ProviderAccountFactory(), foreign_line())
    return Discrepancy.objects.get()


@pytest.fixture
def person():
    return User.objects.create_user("awa")


def test_contradiction_is_opened_once():
    attempt = PaymentFactory(succeeded=True).attempts.get()

    for _ in range(2):
        open_contradiction(
            attempt_id=attempt.pk, detail="succeeded, then failed", contradicted_at=NOW, now=NOW
        )

    found = Discrepancy.objects.get()
    assert (found.kind, found.status) == ("contradiction", Discrepancy.Status.OPEN)
    assert (found.provider_account, found.our_amount) == (attempt.provider_account, 5000)


@pytest.mark.parametrize(("detail", "status"), [("failed", "resolved"), ("amount 1", "open")])
def test_only_another_contradiction_opens_a_resolved_one(detail, status):
    attempt = PaymentFactory(succeeded=True).attempts.get()
    open_contradiction(attempt_id=attempt.pk, detail="failed", contradicted_at=NOW, now=NOW)
    Discrepancy.objects.update(status="resolved")

    open_contradiction(attempt_id=attempt.pk, detail=detail, contradicted_at=NOW, now=NOW)

    assert Discrepancy.objects.latest("id").status == status


def test_person_resolves_with_a_reason_that_is_audited(discrepancy, person):
    resolve_discrepancy(
        discrepancy_id=discrepancy.pk, reason=" A refund by hand. ", resolved_by=person, now=NOW
    )

    discrepancy.refresh_from_db()
    assert discrepancy.status == Discrepancy.Status.RESOLVED
    assert (discrepancy.resolution, discrepancy.owner) == ("A refund by hand.", person)
    assert discrepancy.closed_at == NOW
    entry = AuditEntry.objects.get(action="discrepancy.resolve")
    assert (entry.actor, entry.action) == (f"user:{person.pk}", "discrepancy.resolve")
    assert entry.target == discrepancy.public_id
    assert entry.detail == {"kind": "unknown_to_us", "reason": "A refund by hand."}


@pytest.mark.parametrize("reason", ["", "  \n", "x" * 301])
def test_without_a_reason_nothing_is_resolved(discrepancy, person, reason):
    with pytest.raises(ReasonMissing):
        resolve_discrepancy(
            discrepancy_id=discrepancy.pk, reason=reason, resolved_by=person, now=NOW
        )

    discrepancy.refresh_from_db()
    assert discrepancy.status == Discrepancy.Status.OPEN
    assert not AuditEntry.objects.filter(action="discrepancy.resolve").exists()


@pytest.mark.parametrize("status", ["repaired", "resolved"])
def test_closed_discrepancy_is_not_resolved_again(discrepancy, person, status):
    Discrepancy.objects.update(status=status, resolution="first")

    with pytest.raises(DiscrepancyClosed):
        resolve_discrepancy(
            discrepancy_id=discrepancy.pk, reason="second", resolved_by=person, now=NOW
        )

    discrepancy.refresh_from_db()
    assert discrepancy.resolution == "first"
    assert not AuditEntry.objects.filter(action="discrepancy.resolve").exists()
