"""A merchant's reserve: changed by two people alone, on the statement, and never paid early."""

from __future__ import annotations

import io

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from apps.approvals.models import ApprovalRequest
from apps.audit.models import AuditEntry
from apps.core.money import Money
from apps.day_reports.rules.groups import Group, sum_of
from apps.day_reports.services.begin_cycles import begin_cycles
from apps.ledger.models import ReservedAmount
from apps.ledger.services.release_pending import RESERVED, release_pending
from apps.merchants.models import Merchant, Reserve
from apps.orchestration.services.apply_replies import apply_reply
from apps.providers.contract import Outcome, ProviderResult
from apps.settlement.rules.reserve import ReserveChanged, ReserveOutOfBounds
from apps.settlement.services.build_statement import build_statement
from apps.settlement.services.change_reserve import change_reserve
from tests.approvals.test_pages import decide
from tests.day_reports.conftest import sum_next
from tests.disputes.test_staff import staff
from tests.factories import MerchantFactory
from tests.fakes import submit_due
from tests.payments.conftest import create
from tests.settlement.conftest import agree, balance, broken_books

__all__ = ["create"]

pytestmark = pytest.mark.django_db

RIGHTS = ("view_merchant", "change_merchant", "add_approvalrequest", "decide")


def page(merchant):
    return reverse("staff-merchant-reserve", args=[merchant.pk])


def ask(client, merchant, percent, days, before=(0, 0), **said):
    form = {
        "percent": percent,
        "days": days,
        "basis_points_before": before[0],
        "days_before": before[1],
        "reason": "As the contract says",
        **said,
    }
    return client.post(page(merchant), form)


def change(merchant, basis_points, days, cap=None, before=(0, 0)):
    change_reserve(
        {
            "merchant_id": str(merchant.pk),
            "basis_points": basis_points,
            "days": days,
            "cap": cap,
            "basis_points_before": before[0],
            "days_before": before[1],
            "cap_before": None,
        },
        requested_by="user:1",
        approved_by="user:2",
        reason="",
        now=timezone.now(),
    )


def test_a_reserve_changes_once_another_person_has_approved_it():
    awa, binta = staff("awa", *RIGHTS), staff("binta", "view_approvalrequest", "decide")
    merchant = MerchantFactory()

    assert ask(awa, merchant, "7.5", "180", cap="500000").status_code == 302
    request = ApprovalRequest.objects.get()
    decide(awa, request)
    merchant.refresh_from_db()
    assert merchant.reserve == Reserve()
    shown = binta.get(reverse("admin:approvals_approvalrequest_change", args=[request.pk]))
    html = shown.content.decode()
    assert "<del>Reserve: none</del>" in html
    assert (
        f"<ins>Reserve: 7.5\u00a0%, for 180 days, up to {Money(500_000, 'XAF')} in all</ins>"
        in html
    )
    decide(binta, request)

    merchant.refresh_from_db()
    assert merchant.reserve == (750, 180, 500_000)
    entry = AuditEntry.objects.get(action="merchant_reserve.changed")
    assert (entry.detail["basis_points_before"], entry.detail["basis_points"]) == (0, 750)
    assert (entry.detail["cap_before"], entry.detail["cap"]) == (None, 500_000)
    html = awa.get(reverse("admin:merchants_merchant_change", args=[merchant.pk]))
    assert "7.5\u00a0%, for 180 days" in html.content.decode()


def test_what_cannot_be_is_refused_with_a_sentence_and_nothing_is_asked():
    awa, merchant = staff("awa", *RIGHTS), MerchantFactory()

    for percent, days in [("51", "9"), ("-1", "9"), ("5", "366"), ("5", "0"), ("0", "9"), ("", "")]:
        answer = ask(awa, merchant, percent, days)
        assert (answer.status_code, bool(answer.context_data["form"].errors)) == (200, True)
    for percent, days, cap in [
        ("5", "9", "0"),
        ("5", "9", "x"),
        ("5", "9", "1" * 14),
        ("0", "0", "9"),
    ]:
        answer = ask(awa, merchant, percent, days, cap=cap)
        assert list(answer.context_data["form"].errors) == ["cap"]
    # Not what was shown, or nothing new.
    assert ask(awa, merchant, "5", "9", cap_before="7").status_code == 200
    assert ask(awa, merchant, "5", "9", before=(100, 3)).status_code == 200
    assert ask(awa, merchant, "0", "0").status_code == 200
    for before in ["", "9" * 5_000, "NaN"]:
        assert ask(awa, merchant, "5", "9", basis_points_before=before).status_code == 200
    assert ask(staff("odile", "view_merchant"), merchant, "5", "9").status_code == 403
    assert not ApprovalRequest.objects.exists()


@pytest.mark.parametrize(
    "asked",
    [
        (5_001, 9),
        (100, 366),
        (100, 0),
        (0, 9),
        ("5", 9),
        (True, 9),
        (100, 9, 0),
        (100, 9, 10**12 + 1),
        (0, 0, 9),
        (100, 9, "9"),
        (100, 9, True),
    ],
)
def test_no_payload_and_no_hand_goes_beyond_the_bounds(asked):
    merchant = MerchantFactory()

    with pytest.raises(ReserveOutOfBounds):
        change(merchant, *asked)
    with pytest.raises(ReserveChanged):
        change(merchant, 100, 9, before=(100, 8))

    if all(type(one) is int for one in asked):
        basis_points, days, *cap = asked
        with pytest.raises(IntegrityError), transaction.atomic():
            Merchant.objects.filter(pk=merchant.pk).update(
                reserve_basis_points=basis_points,
                reserve_days=days,
                reserve_cap=cap[0] if cap else None,
            )


@pytest.mark.django_db(transaction=True)
def test_a_settlement_pays_no_reserve_before_its_day_and_its_lines_say_so(
    clock, account, create, close
):
    merchant = MerchantFactory(
        reserve_basis_points=2_000, reserve_days=5, reserve_cap=1_000, fee_basis_points=0
    )
    agree(merchant, now=clock.now)
    payment = create(merchant=merchant, amount=10_000)
    submit_due(clock.now)
    apply_reply(
        attempt_id=payment.attempts.get().pk,
        answer=ProviderResult(Outcome.SUCCEEDED, provider_reference="MP1"),
        source="poll",
        now=clock.now,
    )
    begin_cycles(now=clock.now)

    first = close(merchant)
    clock.advance(days=4)
    assert close(merchant).amount == 0
    due = ReservedAmount.objects.get().available_at
    clock.advance(seconds=(due - clock.now).total_seconds())
    assert release_pending(now=clock.now, of=RESERVED) == 1
    last = close(merchant)

    lines = dict(first.lines.values_list("kind", "amount"))
    assert lines == {"gross": 10_000, "reserve_held": -1_000}
    assert (first.amount, last.amount, balance(merchant)) == (9_000, 1_000, 0)
    assert dict(last.lines.values_list("kind", "amount")) == {"reserve_released": 1_000}
    sheet = load_workbook(io.BytesIO(build_statement(first, kind="xlsx", now=clock.now).content))
    assert "reserve_held" in first.totals and -1_000 in [
        row[3].value for row in sheet.active.iter_rows()
    ]
    camt = build_statement(last, kind="camt.053.001.08", now=clock.now).content.decode()
    assert "<Cd>reserve_released</Cd>" in camt
    day = sum_next(merchant)
    assert sum_of(day, Group.RESERVED) == -1_000
    assert {one["rail"] for one in day.totals if one["kind"].startswith("reserve")} == {"fake"}
    # The settlements themselves wait to be paid.
    assert [one for one in broken_books() if "ten minutes" not in one] == []
