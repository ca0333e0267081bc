"""Rules and requests on their pages, and the button where the thing is."""

from __future__ import annotations

import random

import pytest
from django.contrib.auth.models import Group, User
from django.urls import reverse
from django.utils import timezone

from apps.approvals.admin.shown import show_details
from apps.approvals.models import ApprovalRequest, ApprovalRule, ApprovalStandIn
from apps.payments.models import Payment
from apps.refunds.models import Refund
from tests.api.conftest import Shop
from tests.disputes.test_staff import staff
from tests.factories import PaymentFactory
from tests.fakes import open_account
from tests.refunds.conftest import EVERYTHING
from tests.tries import TRIES

pytestmark = pytest.mark.django_db

REQUESTS = reverse("admin:approvals_approvalrequest_changelist")
RULES = reverse("admin:approvals_approvalrule_changelist")
NEW = reverse("admin:approvals_approvalrule_add")
MAKING = ("view_approvalrule", "add_approvalrule", "change_approvalrule", "add_approvalrequest")


def decide(client, request, verb="approve", **more):
    form = {"action": verb, "_selected_action": str(request.pk)}
    shown = client.post(REQUESTS, form).content.decode()
    digest = {f"digest_{request.pk}": bytes(request.digest).hex()}
    done = client.post(REQUESTS, {**form, "decided": "yes", **digest, **more}, follow=True)
    return shown, done.content.decode()


def form(**fields):
    return {
        "name": "Two above a million",
        "action": "refund.create",
        "currency": "XAF",
        "amount_min": "1000000",
        "is_enabled": "on",
        "persons_1": "1",
        "persons_2": "1",
        "reason": "The board wants it",
        **fields,
    }


@pytest.fixture
def finance():
    return Group.objects.create(name="finance")


@pytest.fixture
def deciders(finance):
    clients = [staff(name, "decide") for name in ("binta", "chidi", "dede")]
    finance.user_set.add(*User.objects.filter(username__in=["binta", "chidi"]))
    return clients


def test_a_rule_is_changed_by_two_people(deciders, finance):
    awa = staff("awa", *MAKING, "decide")
    asked = awa.post(NEW, form(role_1=str(finance.pk)), follow=True).content.decode()
    assert "waits for another person’s approval" in asked
    request = ApprovalRequest.objects.get()
    assert not ApprovalRule.objects.exists()
    decide(awa, request)
    assert not ApprovalRule.objects.exists()
    shown, _ = decide(deciders[0], request)

    assert "1. 1 person of finance, 2. 1 person" in shown and "or more" in shown
    rule = ApprovalRule.objects.get()
    assert rule.steps == [
        {"persons": 1, "group": finance.pk},
        {"persons": 1, "group": None},
    ]
    page = reverse("admin:approvals_approvalrule_change", args=[rule.pk])
    assert "Ask for a change" in awa.get(page).content.decode()
    change = f"{NEW}?rule={rule.pk}"
    assert "Two above a million" in awa.get(change).content.decode()
    awa.post(change, form(name="Off", is_enabled=""))
    shown, _ = decide(deciders[0], ApprovalRequest.objects.get(status="pending"))
    assert "<del>Rule: Two above a million</del>" in shown and "<ins>Rule: Off</ins>" in shown
    rule.refresh_from_db()
    assert (rule.name, rule.is_enabled) == ("Off", False)


def test_a_rule_nobody_could_obey_is_not_even_asked_for(deciders, finance):
    awa = staff("awa", *MAKING)
    html = awa.post(NEW, form(persons_1="4", role_1=str(finance.pk))).content.decode()

    assert "There are fewer people who may decide" in html
    assert not ApprovalRequest.objects.exists()


def test_a_rule_is_tried_before_it_is_asked_for_and_names_who_makes_it(deciders):
    awa, key = staff("awa", *MAKING), Shop().api_key.public_id
    said = form(action="payout.send", maker_programs=key, reason="")

    tried = awa.post(NEW, {**said, "try": "1"}).content.decode()
    unknown = awa.post(NEW, {**said, "maker_programs": "key_1", "try": "1"}).content.decode()

    assert "It would have held 0 of 0" in tried and "is not kept" in tried
    assert 'id="tried"' not in unknown and "There is no key key_1." in unknown
    assert not ApprovalRequest.objects.exists()
    awa.post(NEW, {**said, "reason": "The board wants it"})
    assert ApprovalRequest.objects.get().payload["makers"] == [f"key:{key}"]
    shown = awa.post(NEW, {**form(), "try": "1"}).content.decode()
    assert "This cannot be tried" in shown


@pytest.mark.parametrize("hidden", ["\u202e", "\u2066", "\u200b", "\x1b", "\ue000"], ids=ascii)
def test_what_nobody_sees_is_named_to_who_decides(ask, person, hidden):
    row = ask(person("awa"), name=f"user{hidden}moc.knab@")

    assert show_details(row) == [f"Name: user⟨U+{ord(hidden):04X}⟩moc.knab@"]


def test_who_may_not_change_rules_does_not(deciders):
    assert deciders[0].post(NEW, form()).status_code == 403
    assert staff("looks", "view_approvalrule").post(NEW, form()).status_code == 403


@pytest.fixture
def big_refund(deciders, finance, provider):
    """A refund that a rule demands two approvals of, asked for by Awa."""
    ApprovalRule.objects.create(
        name="Big",
        action="refund.create",
        currency="XAF",
        amount_min=1_000,
        steps=[{"persons": 1, "group": finance.pk}, {"persons": 1, "group": None}],
        changed_at=timezone.now(),
    )
    payment = PaymentFactory(
        account=open_account(operations=EVERYTHING), succeeded=True, amount=5_000, fee=0
    )
    awa = staff("awa", "add_refund", "view_refund", "add_approvalrequest", "decide")
    page = f"{reverse('admin:refunds_refund_add')}?payment={payment.public_id}"
    values = {"amount": "2000", "reason": "Asked by mail", "refunded_before": "0"}
    awa.post(page, values)
    return awa, page, ApprovalRequest.objects.get()


def test_a_refund_above_a_band_is_asked_for_and_made_by_the_last_step(big_refund, deciders):
    awa, page, request = big_refund
    assert not Refund.objects.exists()
    assert "step 1 of 2, by finance" in awa.get(page).content.decode()

    _, said = decide(deciders[2], request)
    assert "people of another role" in said
    _, said = decide(deciders[0], request)
    assert "step 2 of 2, by anybody who may decide" in said
    assert not Refund.objects.exists()
    decide(deciders[2], request)

    assert Refund.objects.get().amount == 2_000
    assert Payment.objects.get().amount_refunded == 2_000


def test_a_refund_that_no_rule_matches_is_made_at_once(big_refund):
    awa, page, _ = big_refund
    awa.post(page, {"amount": "900", "reason": "Asked by mail", "refunded_before": "0"})

    assert Refund.objects.get().amount == 900


def test_who_may_only_check_sees_checks_and_makes_nothing(big_refund, deciders):
    _, _, request = big_refund
    binta = deciders[0]
    page = reverse("admin:approvals_approvalrequest_change", args=[request.pk])

    assert "step 1 of 2, by finance" in binta.get(page).content.decode()
    assert binta.get(REQUESTS).status_code == 200
    assert binta.get(reverse("admin:refunds_refund_add")).status_code == 403
    decide(binta, request, "reject")
    request.refresh_from_db()
    assert request.status == "pending"
    decide(binta, request, "reject", reason="Paid back in cash")
    request.refresh_from_db()
    assert request.status == "rejected"
    assert "Paid back in cash" in binta.get(page).content.decode()


def test_all_that_are_chosen_are_approved(big_refund, deciders):
    _, _, first = big_refund
    awa = staff("maker", *MAKING)
    awa.post(NEW, form())
    chosen = list(ApprovalRequest.objects.all())
    values = {
        "action": "approve",
        "_selected_action": [str(one.pk) for one in chosen],
        "decided": "yes",
        **{f"digest_{one.pk}": bytes(one.digest).hex() for one in chosen},
    }
    deciders[0].post(REQUESTS, values)

    first.refresh_from_db()
    assert (first.status, first.decisions.count()) == ("pending", 1)
    assert ApprovalRule.objects.count() == 2


def test_however_often_over_the_pages_nobody_approves_what_she_asked_for(big_refund, deciders):
    awa, _, request = big_refund
    user = User.objects.get(username="awa")
    user.groups.add(Group.objects.get(name="finance"))
    decide(deciders[0], request)
    drawn = random.Random(11)
    page = reverse("admin:approvals_approvalrequest_change", args=[request.pk])
    right = {
        "action": "approve",
        "_selected_action": str(request.pk),
        "decided": "yes",
        f"digest_{request.pk}": bytes(request.digest).hex(),
    }
    awa.post(REQUESTS, right)
    for _ in range(TRIES):
        values = {
            "action": drawn.choice(["approve", "approve", "Approve", "change", ""]),
            "_selected_action": drawn.choice([str(request.pk), [str(request.pk)] * 2]),
            "decided": drawn.choice(["yes", "1", ""]),
            f"digest_{request.pk}": drawn.choice([bytes(request.digest).hex(), "00", ""]),
            **drawn.choice(
                [{}, {"status": "approved"}, {"person": "1"}, {"requested_by": "1"}, {"step": "2"}]
            ),
        }
        awa.post(drawn.choice([REQUESTS, REQUESTS, REQUESTS, page]), values)

    request.refresh_from_db()
    assert (request.status, request.decisions.count()) == ("pending", 1)
    assert not Refund.objects.exists()


def test_each_names_her_own_stand_in(deciders):
    binta, chidi, _ = deciders
    new = reverse("admin:approvals_approvalstandin_add")
    other = User.objects.get(username="dede")
    period = {
        "from_at_0": "2026-11-01", "from_at_1": "00:00", "until_at_0": "2026-12-01",
        "until_at_1": "00:00",
    }  # fmt: skip
    wrong = {**period, "until_at_0": "2026-10-01"}
    assert b"after it begins" in binta.post(new, {"stand_in": other.pk, **wrong}).content
    binta.post(new, {"stand_in": other.pk, **period})

    row = ApprovalStandIn.objects.get()
    assert (row.person.username, row.stand_in.username) == ("binta", "dede")
    page = reverse("admin:approvals_approvalstandin_change", args=[row.pk])
    assert chidi.post(page, {"stand_in": other.pk, **period}).status_code == 403
    removal = reverse("admin:approvals_approvalstandin_delete", args=[row.pk])
    assert chidi.post(removal, {"post": "yes"}).status_code == 403
    chosen = {"action": "delete_selected", "_selected_action": str(row.pk), "post": "yes"}
    chidi.post(reverse("admin:approvals_approvalstandin_changelist"), chosen)
    assert ApprovalStandIn.objects.exists()
    binta.post(removal, {"post": "yes"})
    assert not ApprovalStandIn.objects.exists()
