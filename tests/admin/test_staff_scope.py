"""What a role is bound from, its people see through no door of the admin."""

from __future__ import annotations

import re
from pathlib import Path
from uuid import uuid4

import pytest
from django.contrib import admin as django_admin
from django.contrib.auth.models import Group, Permission, User
from django.test import Client, RequestFactory
from django.urls import reverse

from apps.disputes.models import Dispute, EvidenceFile
from apps.merchants.models import Merchant
from apps.payments.models import Payment
from apps.payout_batches.models import PayoutBatch
from apps.payouts.models import Payout
from apps.reconciliation.models import Discrepancy
from apps.reconciliation.services.resolve_discrepancy import resolve_discrepancy
from apps.refunds.models import Refund
from apps.reporting.models import ReportedHour, StaffScope
from apps.reporting.rules.visibility import Open
from apps.settlement.models import Settlement, SettlementTerms
from apps.support_tickets.models import Ticket, TicketLink
from config.staff_visibility import STAFF_VISIBILITY
from tests.admin.conftest import make_rows
from tests.factories import MerchantFactory

pytestmark = pytest.mark.django_db

# Its page shows figures, each within the bounds of who asks.
FIGURES = ReportedHour
ROOT = Path(__file__).parents[2]


@pytest.fixture
def person():
    """Somebody who may do everything, of what these roles show. One role for each scope."""

    def make(*scopes):
        user = User.objects.create_user(f"awa-{User.objects.count()}", is_staff=True)
        user.user_permissions.set(Permission.objects.all())
        for n, (countries, merchants) in enumerate(scopes):
            group = Group.objects.create(name=f"Managers {user.pk} {n}")
            user.groups.add(group)
            scope = StaffScope.objects.create(group=group, countries=countries)
            scope.merchants.set(merchants)
        client = Client()
        client.force_login(user)
        client.user = user
        return client

    return make


@pytest.fixture
def two_shops():
    """Everything there is, twice: hers and another's."""
    make_rows(2)
    hers, others = Merchant.objects.order_by("id")
    Merchant.objects.filter(pk=others.pk).update(name="Kiosk of another", country="GA")
    Payment.objects.filter(merchant=others).update(country="GA")
    Payout.objects.filter(merchant=others).update(country="GA")
    others.refresh_from_db()
    return hers, others


def rows_of(model, client):
    request = RequestFactory().get("/")
    request.user = User.objects.get(pk=client.user.pk)
    return django_admin.site._registry[model].get_queryset(request)


def test_every_list_of_the_admin_says_what_a_bound_role_sees_of_it():
    listed = {model._meta.label for model in django_admin.site._registry if model is not FIGURES}

    assert set(STAFF_VISIBILITY) == listed


def test_a_role_bound_to_what_does_not_exist_sees_no_row_of_any_list(two_shops, person):
    stranger = MerchantFactory(country="XX")
    for scope in [(["YY"], []), ([], [stranger])]:
        client = person(scope)
        for model in django_admin.site._registry:
            visibility = STAFF_VISIBILITY.get(model._meta.label)
            if model is FIGURES or isinstance(visibility, Open):
                continue
            seen = rows_of(model, client)
            if getattr(visibility, "is_shared", False):
                seen = seen.exclude(merchant=None)
            if lookup := getattr(visibility, "merchant", ""):
                seen = seen.exclude(**{lookup: stranger.pk})
            assert not seen.exists(), model


def test_a_role_sees_the_rows_of_its_own_and_no_others(two_shops, person):
    hers, others = two_shops
    models = (Payment, Refund, Payout, Dispute, Ticket, PayoutBatch, Settlement)

    for scope in [([], [hers]), (["CM"], []), (["CM"], [hers])]:
        client = person(scope)
        for model in models:
            seen = set(rows_of(model, client).values_list("merchant_id", flat=True))
            assert seen == {hers.pk}, (model, scope)
        assert {one.pk for one in rows_of(Merchant, client)} == {hers.pk}
    # What any of her roles shows; and who has none sees all.
    for scopes in [[(["CM"], []), (["GA"], [])], [(["CM"], []), ([], [])], []]:
        client = person(*scopes)
        for model in models:
            seen = set(rows_of(model, client).values_list("merchant_id", flat=True))
            assert seen == {hers.pk, others.pk}, (model, scopes)


def test_a_payment_elsewhere_of_a_merchant_from_here_is_hidden_with_all_that_came_of_it(
    two_shops, person
):
    hers, _others = two_shops
    Payment.objects.filter(merchant=hers).update(country="SN")
    client = person((["CM"], []))

    for model in (Payment, Refund, Dispute, Ticket):
        assert not rows_of(model, client).exists(), model
    assert rows_of(PayoutBatch, client).get().merchant_id == hers.pk


def _hidden_names(others):
    """What would give the other's rows away, wherever it stands."""
    payments = Payment.objects.filter(merchant=others)
    return {
        others.name,
        others.public_id,
        *(one.public_id for one in payments),
        *(one.public_id for one in Dispute.objects.filter(merchant=others)),
        *(one.public_id for one in Refund.objects.filter(merchant=others)),
        *(one.shown_number for one in Ticket.objects.filter(merchant=others)),
    }


def test_no_page_search_choice_or_file_gives_away_what_is_hidden(two_shops, person):
    hers, others = two_shops
    client = person((["CM"], [hers]))
    payment = Payment.objects.filter(merchant=others, status="succeeded").get()
    dispute = Dispute.objects.get(merchant=others)
    ticket, own = Ticket.objects.get(merchant=others), Ticket.objects.get(merchant=hers)
    batch = PayoutBatch.objects.get(merchant=others)
    TicketLink.objects.create(ticket=own, other=ticket, kind="related", created_at=own.created_at)
    names = _hidden_names(others)
    hidden = Discrepancy.objects.get(provider_account__merchant_id=others.pk)
    names |= {hidden.public_id, hidden.provider_account.label}

    shown = {
        reverse("admin:index"): {"mode": "test"},
        reverse("admin:reporting_reportedhour_changelist"): {"mode": "test", "by": "merchant"},
        reverse("staff-disputes"): {},
        reverse("admin:monitoring_control_room"): {},
        reverse("admin:payments_payment_changelist"): {"merchant__id__exact": str(others.pk)},
        reverse("admin:refunds_refund_changelist"): {"q": payment.public_id},
        reverse("admin:support_tickets_ticket_changelist"): {"q": "+237677000001"},
        reverse("admin:support_tickets_ticket_change", args=[own.pk]): {},
        reverse("admin:disputes_dispute_add"): {"payment": payment.public_id},
        reverse("admin:refunds_refund_add"): {"payment": payment.public_id},
        reverse("admin:payout_batches_payoutbatch_changelist"): {},
        reverse("admin:payout_batches_payoutbatch_add"): {},
        reverse("admin:statement_sources_receivedfile_upload"): {},
        reverse("admin:reconciliation_discrepancy_export"): {},
        reverse("admin:reconciliation_desk"): {"row": str(hidden.pk)},
        reverse("admin:support_tickets_slapolicy_add"): {},
        reverse("admin:autocomplete"): {
            "term": "", "app_label": "payments", "model_name": "payment", "field_name": "merchant",
        },
    }  # fmt: skip
    for url, query in shown.items():
        answer = client.get(url, query)
        assert answer.status_code == 200, url
        text = answer.content.decode()
        # What was typed is typed again.
        given_away = {name for name in names - set(query.values()) if name in text}
        assert not given_away, url

    gone = [
        reverse("admin:payments_payment_change", args=[payment.pk]),
        reverse("admin:merchants_merchant_change", args=[others.pk]),
        reverse("staff-dispute", args=[dispute.pk]),
        reverse("staff-dispute-pack", args=[dispute.pk]),
        reverse("staff-payout-batch", args=[batch.pk]),
        reverse("staff-payout-batch-results", args=[batch.pk, "csv"]),
        reverse("admin:support_tickets_presence", args=[ticket.pk]),
        reverse("admin:reconciliation_row", args=[hidden.pk]),
        reverse("admin:support_tickets_ticket_change", args=[ticket.pk]),
        # Sums of everybody.
        reverse("admin:support_tickets_slapolicy_report"),
    ]
    for url in gone:
        answer = client.get(url)
        # Django's own pages lead back to the first one.
        is_refused = answer.status_code in {403, 404} or answer.url == reverse("admin:index")
        assert is_refused, url


def test_nothing_is_done_with_what_is_hidden(two_shops, person):
    hers, others = two_shops
    client = person(([], [hers]))
    dispute = Dispute.objects.get(merchant=others)
    own, ticket = Ticket.objects.get(merchant=hers), Ticket.objects.get(merchant=others)
    payment = Payment.objects.filter(merchant=others, status="succeeded").get()

    discrepancy = Discrepancy.objects.get(provider_account__merchant_id=others.pk)
    client.post(
        reverse("admin:reconciliation_desk_act", args=["resolve"]),
        {"action": "resolve", "d": f"{discrepancy.pk}.{discrepancy.sequence}", "reason": "Ours."},
    )
    decided = client.post(
        reverse("staff-dispute", args=[dispute.pk]),
        {"act": "decide", "decide-outcome": "won", "decide-reason": "Ours."},
    )
    client.post(
        reverse("admin:support_tickets_ticket_changelist"),
        {"action": "merge", "_selected_action": [str(own.pk)], "other": ticket.shown_number},
    )
    client.post(
        reverse("admin:support_tickets_ticket_add"),
        {
            "requester_kind": "payer", "about": payment.public_id, "subject": "x", "body": "x",
            "category": "other", "priority": "normal", "contact": "", "merchant": "",
        },
    )  # fmt: skip
    client.post(
        reverse("admin:refunds_refund_add") + f"?payment={payment.public_id}",
        {"amount": 1, "reason": "x", "refunded_before": payment.amount_refunded},
    )

    assert decided.status_code == 404
    assert (Ticket.objects.count(), Refund.objects.filter(payment=payment).count()) == (2, 1)
    own.refresh_from_db()
    assert own.merged_into_id is None
    discrepancy.refresh_from_db()
    assert discrepancy.status == "open"
    boss = User.objects.create_superuser("boss")
    decision = uuid4()
    resolve_discrepancy(
        discrepancy_id=discrepancy.pk,
        reason="Seen.",
        resolved_by=boss,
        now=discrepancy.opened_at,
        decision_id=decision,
    )
    undo = {"action": "undo", "decision": str(decision)}
    assert client.post(reverse("admin:reconciliation_undo"), undo).status_code == 404


def test_the_file_of_discrepancies_has_hers_alone(two_shops, person):
    hers, others = two_shops
    client = person((["CM"], [hers]))
    by_shop = {
        one.provider_account.merchant_id: one.public_id
        for one in Discrepancy.objects.select_related("provider_account")
    }

    file = client.post(
        reverse("admin:reconciliation_discrepancy_export"),
        {"format": "0", "resource": "0"},
    )

    assert file.has_header("Content-Disposition")
    assert by_shop[hers.pk] in file.content.decode()
    assert by_shop[others.pk] not in file.content.decode()


def test_a_file_of_evidence_of_another_is_not_found(two_shops, person, clock):
    hers, others = two_shops
    dispute = Dispute.objects.get(merchant=others)
    file = EvidenceFile.objects.create(
        dispute=dispute,
        content_type="image/png",
        size=1,
        sha256=b"x" * 32,
        name_encrypted=b"",
        content_encrypted=b"",
        created_at=dispute.opened_at,
    )
    client = person(([], [hers]))

    assert client.get(reverse("staff-dispute-file", args=[dispute.pk, file.pk])).status_code == 404


def test_whom_a_form_names_by_an_id_is_among_what_is_seen(two_shops, person):
    hers, others = two_shops
    client = person((["CM"], []))
    terms = {
        "livemode": "test", "currency": "XAF", "cadence": "daily", "weekday": "", "hour": "6",
        "amount_min": "500", "paid_by": "payout", "phone": "+237 677000003", "reason": "As signed.",
    }  # fmt: skip
    asked = reverse("admin:settlement_settlementterms_add")

    def drafted(merchant):
        answer = client.post(asked, {**terms, "merchant": merchant.public_id})
        made = SettlementTerms.objects.filter(
            merchant=merchant, created_by=f"user:{client.user.pk}"
        )
        return answer.status_code, made.count()

    assert drafted(others) == (200, 0)
    assert drafted(hers) == (302, 1)
    unbound = [
        f"{path.relative_to(ROOT)}: {found[1]}"
        for path in (ROOT / "apps").glob("*/admin/**/*.py")
        for found in re.finditer(r"= (\w+\.objects\.filter\(pk=\w+_id\)\.first)", path.read_text())
    ]
    assert unbound == []


def test_a_rule_is_tried_on_what_one_sees_and_names_nothing_else(two_shops, person):
    said = {
        **dict.fromkeys(("currency", "sum_of", "rail", "how", "payee", "role_1"), ""),
        "name": "All",
        "action": "payout.send",
        "persons_1": "1",
        "try": "1",
    }
    page = reverse("admin:approvals_approvalrule_add")
    seen, unseen = (Payout.objects.get(merchant=one) for one in two_shops)
    # Of a merchant that she sees, in a country that she does not.
    Payout.objects.filter(pk=unseen.pk).update(merchant=two_shops[0])

    found = person((["CM"], [])).post(page, said).content.decode()

    assert seen.public_id in found and unseen.public_id not in found
    assert "Elle aurait retenu 1 sur 1 des 30" in found


def test_what_is_done_of_all_merchants_at_once_is_not_for_a_bound_role(two_shops, person):
    pages = [reverse(f"admin:settlement_bankfile_{name}") for name in ("add", "account_statement")]

    def answers(client):
        return [client.post(page, {"livemode": "test"}).status_code for page in pages]

    assert answers(person((["CM"], []))) == [403, 403]
    assert answers(person()) == [200, 200]


def test_no_door_of_the_staff_finds_a_row_past_the_bounds():
    """`get_object_or_404` of a whole table would: it takes what is visible."""
    unbound = [
        f"{path.relative_to(ROOT)}: {found[1]}"
        for folder in ("admin", "staff")
        for path in (ROOT / "apps").glob(f"*/{folder}/**/*.py")
        for found in re.finditer(r"get_object_or_404\(\s*([\w.]+)", path.read_text())
        if found[1] not in {"visible_rows", "self.get_queryset", "answers", "batches"}
        and found[1] != "EvidenceFile.objects.select_related"
    ]

    assert unbound == []
