"""A single payout that a rule demands approval of waits with its money held, and is sent once."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from apps.approvals.due_work import DUE_APPROVALS
from apps.approvals.models import Approval, ApprovalRequest, ApprovalRule
from apps.approvals.rules.facts import SumReached
from apps.approvals.services.decide_approval import decide_approval
from apps.approvals.tasks import expire
from apps.core.errors import DomainError
from apps.core.ttl_cache import clear_all
from apps.merchants import scopes
from apps.merchants.models import Merchant
from apps.merchants.selectors.refuse_disabled import MerchantDisabled
from apps.merchants.services.rotate_api_key import rotate_api_key
from apps.payouts.models import Payout
from apps.payouts.selectors.reached_sums import reached_sums
from apps.payouts.services.cancel_payout import cancel_payout
from apps.providers.models import ProviderAccount
from apps.reconciliation.tests.corruption import lift_safeguards
from apps.webhooks.models import Event
from tests.api.conftest import Shop
from tests.factories import charge
from tests.fakes import submit_due
from tests.payout_batch_runs.test_api import caller
from tests.payouts.conftest import BALANCE, balance, booked, fresh

pytestmark = pytest.mark.django_db

PAYOUTS = "/api/v1/payouts"
APPROVALS = "/api/v1/approvals"
FEE = 25


def body(**changes):
    return {"amount": 1_000, "currency": "XAF", "payee": {"phone": "677000003"}, **changes}


@pytest.fixture
def rule(db):
    """A rule for payouts; `keys` lets keys decide."""

    def made(*steps, keys=False, **fields):
        rule = ApprovalRule.objects.create(
            **{
                "name": "Payouts",
                "action": "payout.send",
                "changed_at": timezone.now(),
                "keys_may_decide": keys,
                "steps": [
                    {"persons": persons, "group": role and Group.objects.get(name=role).pk}
                    for persons, role in steps or [(1, None)]
                ],
                **fields,
            }
        )
        clear_all()
        return rule

    return made


@pytest.fixture
def maker(merchant):
    charge(merchant, operation="disburse", fixed=FEE)
    return Shop(merchant, scopes=[scopes.PAYOUTS_WRITE, scopes.PAYOUTS_READ])


@pytest.fixture
def checker(merchant):
    return Shop(merchant, scopes=[scopes.PAYOUTS_APPROVE, scopes.PAYOUTS_READ])


def person(name):
    user = User.objects.create_user(name, is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="decide"))
    return user


def waits(maker, **changes):
    """A payout that was just made, and waits."""
    answer = maker.post(body(**changes), path=PAYOUTS)
    assert answer.status_code == 201, answer.content
    assert answer.json()["status"] == "needs_approval"
    return Payout.objects.get(approval_id__isnull=False, status="needs_approval")


def approval_of(payout):
    return Approval.objects.get(pk=payout.approval_id)


def decide(shop, payout, *, is_approved=True, **changes):
    """Approve or reject it with this key; returns the answer."""
    approval = approval_of(payout)
    said = {"digest": bytes(approval.digest).hex(), **changes}
    if not is_approved:
        said.setdefault("reason", "Not this month")
    verb = "approve" if is_approved else "reject"
    return shop.post(said, path=f"{APPROVALS}/{approval.public_id}/{verb}")


def staff_decide(payout, who, *, is_approved=True, now=None):
    request = ApprovalRequest.objects.get(target=payout.public_id)
    return decide_approval(
        request_id=request.pk,
        is_approved=is_approved,
        shown_digest=bytes(request.digest),
        decided_by=who,
        reason="" if is_approved else "Not this month",
        now=now or timezone.now(),
    )


def expire_due(now):
    for item in DUE_APPROVALS.claim(limit=9, now=now, done=[]):
        expire(item)


def told(payout):
    return list(
        Event.objects.filter(object_id=payout.pk)
        .order_by("sequence")
        .values_list("type", flat=True)
    )


def test_what_a_rule_demands_approval_of_waits_with_its_money_held(maker, rule, broken_books):
    rule(currency="XAF", amount_min=1_000)

    payout = waits(maker)

    assert balance(maker.merchant) == BALANCE - 1_000 - FEE
    assert booked(payout) == ["payout_held", "payout_fee_held"]
    assert not payout.attempts.exists()
    approval = approval_of(payout)
    assert (approval.status, approval.amount, approval.is_for_staff) == ("pending", 1_025, True)
    assert (approval.expires_at - approval.requested_at) == timedelta(hours=24)
    assert told(payout) == ["payout.needs_approval"]
    assert Event.objects.filter(object_id=approval.pk, type="approval.requested").exists()
    assert maker.get(f"{PAYOUTS}/{payout.public_id}").json()["approval"] == approval.public_id
    assert broken_books() == {}


def test_what_no_rule_matches_is_sent_as_ever_at_no_query_more(maker, rule):
    rule(currency="XAF", amount_min=1_001)
    maker.post(body(), path=PAYOUTS)

    with CaptureQueriesContext(connection) as queries:
        answer = maker.post(body(), path=PAYOUTS)

    assert answer.json()["status"] == "pending" and answer.json()["approval"] is None
    assert not [each for each in queries if "approvals_" in each["sql"]]


def test_the_same_key_answers_the_same_payout_and_holds_once(maker, rule):
    rule()

    first = maker.post(body(), path=PAYOUTS, key="once")
    again = maker.post(body(), path=PAYOUTS, key="once")

    assert first.content == again.content
    assert Payout.objects.count() == Approval.objects.count() == 1
    assert balance(maker.merchant) == BALANCE - 1_000 - FEE


def test_another_key_approves_where_the_rule_lets_it(
    clock, maker, checker, rule, provider, broken_books
):
    rule(keys=True)
    payout = waits(maker)

    answer = decide(checker, payout)

    assert answer.status_code == 200, answer.content
    assert answer.json()["status"] == "approved"
    assert fresh(payout).status == "pending"
    assert told(payout) == ["payout.needs_approval", "payout.approved"]
    assert ApprovalRequest.objects.get().status == "withdrawn"
    submit_due(clock.now)
    assert len(provider.book) == 1
    assert booked(payout) == ["payout_held", "payout_fee_held"]
    assert broken_books() == {}


def test_nobody_approves_with_the_key_it_was_made_with_or_one_that_replaced_it(maker, rule, clock):
    rule(keys=True)
    both = Shop(maker.merchant, scopes=list(scopes.ALL))
    payout = waits(both)

    refused = [decide(both, payout)]
    _, both.key = rotate_api_key(
        api_key_id=both.api_key.pk,
        overlap=timedelta(hours=1),
        caller=caller(both.api_key),
        now=timezone.now(),
    )
    refused.append(decide(both, payout))

    assert [each.json()["code"] for each in refused] == ["approval_by_the_same_person"] * 2
    assert fresh(payout).status == "needs_approval"


def test_no_key_decides_what_staff_must(maker, checker, rule):
    rule(keys=True)
    rule(name="Staff", currency="XAF")
    payout = waits(maker)

    answers = [decide(checker, payout), decide(checker, payout, is_approved=False)]

    assert [each.json()["code"] for each in answers] == ["approval_needs_staff"] * 2
    assert fresh(payout).status == "needs_approval"


def test_no_hand_in_the_database_approves_what_its_own_key_made(maker, rule):
    rule(keys=True)
    approval = approval_of(waits(maker))

    with pytest.raises(IntegrityError), transaction.atomic():
        Approval.objects.filter(pk=approval.pk).update(
            status="approved", decided_by=approval.made_by, decided_at=timezone.now(), due_at=None
        )


def test_staff_approve_it_in_the_steps_of_the_rule_each_person_once(maker, rule, clock, provider):
    rule((2, None))
    payout = waits(maker)
    awa, binta = person("awa"), person("binta")

    assert staff_decide(payout, awa).status == "pending"
    with pytest.raises(DomainError) as twice:
        staff_decide(payout, awa)
    assert twice.value.code == "approval_counted_already"
    assert fresh(payout).status == "needs_approval"
    staff_decide(payout, binta)

    assert fresh(payout).status == "pending"
    assert approval_of(payout).decided_by == f"user:{binta.pk}"


def test_a_rule_changed_while_it_waits_leaves_what_was_demanded(maker, checker, rule):
    first = rule((2, None))
    payout = waits(maker)
    ApprovalRule.objects.filter(pk=first.pk).update(
        keys_may_decide=True, steps=[{"persons": 1, "group": None}]
    )
    clear_all()

    assert decide(checker, payout).json()["code"] == "approval_needs_staff"
    assert staff_decide(payout, person("awa")).status == "pending"
    assert fresh(payout).status == "needs_approval"


ENDS = {
    "rejected by a key": ("rejected", lambda p, c: decide(c, p, is_approved=False)),
    "rejected by staff": (
        "rejected",
        lambda p, _: staff_decide(p, person("awa"), is_approved=False),
    ),
    "expired": ("expired", lambda p, _: expire_due(timezone.now() + timedelta(hours=25))),
    "canceled": ("withdrawn", lambda p, _: cancel_payout(payout_id=p.pk, now=timezone.now())),
}


@pytest.mark.parametrize("how", ENDS)
def test_what_is_not_approved_gives_all_of_it_back_once(
    maker, checker, rule, how, provider, broken_books
):
    rule(keys=True)
    payout = waits(maker)
    status, end = ENDS[how]

    end(payout, checker)

    assert fresh(payout).status == "canceled"
    assert approval_of(payout).status == status
    assert not ApprovalRequest.objects.filter(status="pending").exists()
    assert balance(maker.merchant) == BALANCE
    assert booked(payout) == [
        "payout_held", "payout_fee_held", "payout_returned", "payout_fee_back",
    ]  # fmt: skip
    assert told(payout) == ["payout.needs_approval", "payout.canceled"]
    # Whatever comes later changes nothing.
    assert decide(checker, payout).status_code == 409
    assert decide(checker, payout, is_approved=False).status_code == 409
    with pytest.raises(DomainError):
        cancel_payout(payout_id=payout.pk, now=timezone.now())
    expire_due(timezone.now() + timedelta(hours=48))
    assert balance(maker.merchant) == BALANCE and not provider.book
    assert broken_books() == {}


def test_only_what_waits_is_canceled(maker, rule):
    sent = maker.post(body(), path=PAYOUTS).json()["id"]
    rule()
    payout = waits(maker)

    canceled = maker.post({}, path=f"{PAYOUTS}/{payout.public_id}/cancel")
    refused = maker.post({}, path=f"{PAYOUTS}/{sent}/cancel")

    assert (canceled.status_code, canceled.json()["status"]) == (200, "canceled")
    assert (refused.status_code, refused.json()["code"]) == (409, "payout_not_cancelable")


def test_what_nobody_can_send_by_then_fails_and_gives_all_of_it_back(
    maker, checker, rule, broken_books
):
    rule(keys=True)
    payout = waits(maker)
    ProviderAccount.objects.update(is_active=False)
    clear_all()

    answer = decide(checker, payout)

    assert answer.json()["status"] == "approved"
    payout = fresh(payout)
    assert (payout.status, payout.failure_code) == ("failed", "provider_unavailable")
    assert balance(maker.merchant) == BALANCE
    assert broken_books() == {}


@pytest.mark.parametrize("is_last_of_a_chain", [False, True])
def test_nothing_is_sent_for_a_merchant_disabled_while_it_waits(
    maker, rule, is_last_of_a_chain, broken_books
):
    rule((2 if is_last_of_a_chain else 1, None))
    payout = waits(maker)
    if is_last_of_a_chain:
        staff_decide(payout, person("awa"))
    Merchant.objects.update(is_active=False)

    with pytest.raises(MerchantDisabled):
        staff_decide(payout, person("ben"))
    assert fresh(payout).status == "needs_approval" and not payout.attempts.exists()

    Merchant.objects.update(is_active=True)
    staff_decide(payout, User.objects.get(username="ben"))
    assert fresh(payout).status == "pending"
    assert broken_books() == {}


def test_a_reason_that_is_longer_once_its_numbers_are_hidden_is_kept(maker, checker, rule):
    rule(keys=True)
    payout = waits(maker)
    reason = "677000003 " + "x" * 290

    answer = decide(checker, payout, is_approved=False, reason=reason)

    assert (answer.status_code, answer.json()["status"]) == (200, "rejected")
    kept = approval_of(payout).reason
    assert len(kept) == 300 and "677000003" not in kept


def test_what_waits_for_a_disabled_merchant_is_rejected_all_the_same(maker, rule, broken_books):
    rule()
    payout = waits(maker)
    Merchant.objects.update(is_active=False)

    staff_decide(payout, person("awa"), is_approved=False)

    assert (fresh(payout).status, balance(maker.merchant)) == ("canceled", BALANCE)
    assert broken_books() == {}


@pytest.mark.parametrize("change", [{"amount": 2_000}, {"operator": "orange"}])
def test_what_is_not_what_was_shown_is_not_sent(maker, checker, rule, change):
    rule(keys=True)
    payout = waits(maker)
    Payout.objects.filter(pk=payout.pk).update(**change)

    answers = [decide(checker, payout), decide(checker, payout, digest="0" * 64)]

    assert [each.json()["code"] for each in answers] == ["approval_changed"] * 2
    assert fresh(payout).status == "needs_approval"


def test_a_payee_is_new_until_paid_and_changed_once_the_number_moved(
    clock, maker, rule, provider, create
):
    rule(payee="new")
    rule(payee="changed", name="Changed")
    first = waits(maker)
    cancel_payout(payout_id=first.pk, now=timezone.now())
    Payout.objects.filter(pk=first.pk).update(status="succeeded")

    assert maker.post(body(), path=PAYOUTS).json()["status"] == "pending"
    # Another mode, another number.
    Payout.objects.filter(pk=first.pk).update(livemode=True)
    assert maker.post(body(), path=PAYOUTS).json()["status"] == "needs_approval"
    Payout.objects.filter(pk=first.pk).update(livemode=False, operator="orange")
    answer = maker.post(body(), path=PAYOUTS).json()
    assert answer["status"] == "needs_approval"
    assert maker.post(body(payee={"phone": "677000004"}), path=PAYOUTS).json()["approval"]


HANDS = {
    "sent past its approval": "UPDATE payouts_payout SET status = 'pending' WHERE id = %s",
    "its approval ended alone": (
        "UPDATE approvals_approval SET status = 'expired', decided_at = now(), due_at = NULL"
        " WHERE id = (SELECT approval_id FROM payouts_payout WHERE id = %s)"
    ),
    "its hold is gone": "DELETE FROM ledger_transfer WHERE source_id = %s",
}


@pytest.mark.parametrize("hand", HANDS)
def test_the_check_of_the_books_sees_what_a_hand_does_to_one_that_waits(
    maker, rule, broken_books, hand
):
    rule()
    payout = waits(maker)
    lift_safeguards()

    with connection.cursor() as cursor:
        cursor.execute(HANDS[hand], [payout.pk])

    assert broken_books()


def staff(name, *codenames, language="en"):
    user = person(name)
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    client = Client()
    client.force_login(user)
    client.cookies["django_language"] = language
    return client


@pytest.mark.parametrize("language", ["en", "fr"])
def test_its_page_has_the_button_and_what_is_shown_is_what_is_sent(maker, rule, language):
    rule()
    payout = waits(maker)
    request = ApprovalRequest.objects.get()
    awa = staff("awa", "decide", "view_payout", language=language)

    page = awa.get(reverse("admin:payouts_payout_change", args=[payout.pk])).content.decode()
    requests = reverse("admin:approvals_approvalrequest_changelist")
    chosen = {"action": "approve", "_selected_action": str(request.pk)}
    shown = awa.post(requests, chosen).content.decode()
    digest = bytes(request.digest).hex()
    awa.post(requests, {**chosen, "decided": "1", f"digest_{request.pk}": digest}, follow=True)

    assert {"en": "The merchant made it", "fr": "Le marchand l’a fait"}[language] in page
    assert request.public_id in page and 'value="approve"' in page
    assert payout.payee_msisdn_masked in shown and payout.merchant.name in shown
    assert digest in shown
    assert fresh(payout).status == "pending"


def test_several_just_below_a_band_are_held_once_their_sum_reaches_it(maker, rule, clock):
    rule(sum_of="payee", sum_hours=24, amount_min=2_500, currency="XAF")

    said = [maker.post(body(), path=PAYOUTS).json()["status"] for _ in range(3)]

    assert said == ["pending", "pending", "needs_approval"]
    # Another payee has a sum of its own; what failed was not sent, what is too old does not count.
    other = body(payee={"phone": "677000004"})
    assert maker.post(other, path=PAYOUTS).json()["status"] == "pending"
    Payout.objects.filter(status="needs_approval").update(status="canceled")
    first = Payout.objects.earliest("id")
    Payout.objects.filter(pk=first.pk).update(status="failed")
    assert maker.post(body(), path=PAYOUTS).json()["status"] == "pending"
    assert maker.post(body(), path=PAYOUTS).json()["status"] == "needs_approval"
    clock.advance(hours=25)
    assert maker.post(body(), path=PAYOUTS).json()["status"] == "pending"


def test_the_sum_of_a_merchant_has_an_upper_end_as_a_band_has(maker, rule):
    rule(sum_of="merchant", sum_hours=1, amount_min=2_000, amount_max=2_999, currency="XAF")
    phones = ("677000003", "677000004", "677000005")

    said = [
        maker.post(body(payee={"phone": phone}), path=PAYOUTS).json()["status"] for phone in phones
    ]

    assert said == ["pending", "needs_approval", "pending"]


@pytest.mark.django_db(transaction=True)
def test_of_two_payouts_at_once_that_reach_the_sum_together_one_waits(maker, rule):
    rule(sum_of="merchant", sum_hours=1, amount_min=2_000, currency="XAF")
    together = threading.Barrier(4)

    def send(number):
        try:
            together.wait(timeout=60)
            phone = {"phone": f"67700000{number}"}
            return maker.post(body(payee=phone), path=PAYOUTS).json()["status"]
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        said = sorted(pool.map(send, range(1, 5)))

    assert said == ["needs_approval"] * 3 + ["pending"]


def test_a_sum_costs_two_queries_and_none_where_the_payout_alone_reaches_it(maker, rule, clock):
    rule(sum_of="merchant", sum_hours=744, amount_min=10_000_000, currency="XAF")
    maker.post(body(), path=PAYOUTS)
    payout = Payout.objects.get()
    asked = SumReached("merchant", 744, 10_000_000)

    with CaptureQueriesContext(connection) as queries:
        assert reached_sums(payout, [asked]) == frozenset()
    assert len(queries) == 2
    with CaptureQueriesContext(connection) as queries:
        assert reached_sums(payout, [SumReached("merchant", 1, 1_000)])
    assert not queries
