"""What waits for another key of a merchant: listed, shown, decided as it was shown, and told of."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from importlib import import_module
from time import monotonic

import pytest
from django.db import IntegrityError, connection, connections, transaction
from django.utils import timezone

from apps.approvals.models import Approval, ApprovalRule
from apps.approvals.rules.actions import ApprovableAction, approvable_actions
from apps.approvals.selectors.matching_rules import matching_rules
from apps.approvals.selectors.try_rule import try_rule
from apps.approvals.services.decide_for_merchant import decide_for_merchant
from apps.core.errors import DomainError
from apps.core.ttl_cache import clear_all
from apps.merchants import scopes
from apps.merchants.services.rotate_api_key import rotate_api_key
from apps.payout_batches.models import PayoutBatch
from apps.payout_batches.services.cancel_batch import cancel_batch
from apps.payouts.models import Payout
from apps.payouts.rules.payee import PAYEE_INDEX
from apps.vault.blind_index import search_index
from apps.webhooks.models import Event
from tests.api.conftest import Shop
from tests.payout_batch_runs.conftest import CHECKER, MAKER, fresh
from tests.payout_batch_runs.test_api import act, caller
from tests.payout_batches.test_batches_api import patch

pytestmark = pytest.mark.django_db

APPROVALS = "/api/v1/approvals"
trying = import_module(try_rule.__module__)


@pytest.fixture
def maker(merchant):
    return Shop(merchant, scopes=[scopes.PAYOUTS_READ, scopes.PAYOUTS_WRITE])


@pytest.fixture
def checker(merchant):
    return Shop(merchant, scopes=[scopes.PAYOUTS_APPROVE])


def waiting(batch):
    return Approval.objects.get(target=batch.public_id, status="pending")


def decide(shop, approval, verb="approve", **said):
    body = {"digest": bytes(approval.digest).hex(), **said}
    if verb == "reject":
        body = {"reason": "Line 2 twice", **body}
    key = body.pop("key", None)
    send = {"key": key} if key else {}
    return shop.post(body, path=f"{APPROVALS}/{approval.public_id}/{verb}", **send)


def told(approval):
    """The numbers and types of its events."""
    events = Event.objects.filter(object_id=approval.pk).order_by("sequence")
    return list(events.values_list("sequence", "type"))


def test_another_key_finds_what_waits_and_approves_it_as_it_was_shown(maker, checker, draft):
    batch = draft(2)
    submitted = act(maker, batch, "submit").json()

    (listed,) = checker.get(APPROVALS, status="pending").json()["data"]
    shown = checker.get(f"{APPROVALS}/{listed['id']}").json()

    assert shown == listed
    assert (shown["action"], shown["target"]) == ("payout_batch.start", batch.public_id)
    assert (shown["amount"], shown["currency"]) == (2_000, "XAF")
    assert (shown["digest"], shown["status"]) == (submitted["digest"], "pending")
    approval = waiting(batch)
    answer = decide(checker, approval)
    assert (answer.status_code, answer.json()["status"]) == (200, "approved"), answer.content
    assert fresh(batch).status == "running"
    assert checker.get(APPROVALS, status="pending").json()["data"] == []
    assert told(approval) == [(1, "approval.requested"), (2, "approval.approved")]
    # Told as it was, and no more of it than is shown.
    body = Event.objects.get(type="approval.requested").body
    assert shown["digest"] in body and '"status":"pending"' in body


def test_what_is_repeated_is_decided_once_and_a_replay_says_what_was_answered(
    maker, checker, draft
):
    batch = draft(1)
    act(maker, batch, "submit")
    approval = waiting(batch)

    first, second = (decide(checker, approval, key="once") for _ in range(2))
    third = decide(checker, approval)

    assert first.json() == second.json()
    assert second["Idempotent-Replayed"] == "true"
    assert (third.status_code, third.json()["code"]) == (409, "approval_not_pending")
    assert len(told(approval)) == 2


def test_a_digest_that_is_not_true_any_more_is_refused_with_its_code(maker, checker, draft):
    batch = draft(2)
    act(maker, batch, "submit")
    first = waiting(batch)
    assert decide(checker, first, digest="0" * 64).json()["code"] == "approval_changed"
    assert decide(checker, first, "reject", digest="0" * 64).json()["code"] == "approval_changed"
    assert decide(checker, first, digest="x").json()["code"] == "invalid_digest"
    # A hand in the database changed a line: neither is approved, nor is what is not shown.
    batch.lines.filter(number=1).update(amount=7)
    assert decide(checker, first).json()["code"] == "payout_batch_changed"
    assert fresh(batch).status == "needs_approval"
    batch.lines.filter(number=1).update(amount=1_000)

    decide(checker, first, "reject")
    act(maker, batch, "submit")

    # The same list, asked for anew: the old one decides nothing.
    assert decide(checker, first).json()["code"] == "approval_not_pending"
    assert decide(checker, waiting(batch)).json()["status"] == "approved"


def test_no_key_approves_what_it_made_or_submitted_nor_one_that_replaced_it(merchant, draft):
    both = Shop(merchant, scopes=list(scopes.ALL))
    successor, text = rotate_api_key(
        api_key_id=both.api_key.pk,
        overlap=timedelta(hours=1),
        caller=caller(both.api_key),
        now=timezone.now(),
    )
    heir = Shop.__new__(Shop)
    heir.merchant, heir.api_key, heir.key, heir.client = merchant, successor, text, both.client
    batch = draft(1)
    act(both, batch, "submit")
    approval = waiting(batch)

    for shop in (both, heir):
        answer = decide(shop, approval)
        assert (answer.status_code, answer.json()["code"]) == (
            403,
            "payout_batch_approval_by_maker",
        )

    # Whatever the code says.
    for by in (approval.made_by, approval.requested_by, ""):
        with pytest.raises(IntegrityError, match="merchant_approval"), transaction.atomic():
            Approval.objects.filter(pk=approval.pk).update(
                status="approved", decided_by=by, decided_at=timezone.now()
            )
    assert waiting(batch) == approval


def test_whoever_has_no_scope_or_is_another_merchant_or_in_another_mode_decides_nothing(
    maker, checker, draft
):
    batch = draft(1)
    act(maker, batch, "submit")
    approval = waiting(batch)
    stranger = Shop(scopes=list(scopes.ALL))
    live = Shop(checker.merchant, scopes=list(scopes.ALL), livemode=True)

    assert decide(maker, approval).json()["code"] == "scope_missing"
    assert maker.get(APPROVALS).json()["code"] == "scope_missing"
    assert decide(stranger, approval).json()["code"] == "approval_not_found"
    assert decide(live, approval).json()["code"] == "wrong_mode"
    assert stranger.get(APPROVALS).json()["data"] == live.get(APPROVALS).json()["data"] == []
    assert waiting(batch) == approval


def test_a_rejection_says_why_returns_the_hold_and_is_told(maker, checker, draft):
    batch = draft(1)
    act(maker, batch, "submit")
    approval = waiting(batch)

    answer = decide(checker, approval, "reject", reason="Call 677000003.")

    shown = answer.json()
    assert (answer.status_code, shown["status"]) == (200, "rejected")
    assert shown["reason"].startswith("Call ") and "677000003" not in shown["reason"]
    assert fresh(batch).status == "draft"
    assert told(approval)[1:] == [(2, "approval.rejected")]


def test_what_ends_otherwise_ends_the_approval_with_it(
    draft, submit, approve, turn, clock, checker
):
    late, canceled, approved = (submit(draft(1)) for _ in range(3))
    found = {batch.pk: waiting(batch) for batch in (late, canceled, approved)}

    cancel_batch(batch_id=canceled.pk, source="api", now=clock.now)
    approve(approved)
    clock.advance(hours=24)
    assert decide(checker, found[late.pk]).json()["code"] == "approval_not_pending"
    turn(late)

    def ended(batch):
        row = Approval.objects.get(pk=found[batch.pk].pk)
        return row.status, row.decided_by, [name for _, name in told(row)][1:]

    assert ended(late) == ("expired", "", ["approval.expired"])
    assert ended(canceled) == ("withdrawn", "", ["approval.withdrawn"])
    assert ended(approved) == ("approved", CHECKER, ["approval.approved"])


def test_what_the_release_before_left_waiting_keeps_no_batch_from_being_submitted(draft, submit):
    batch = submit(draft(1))
    left = waiting(batch)
    # It sent the batch back, and knew of no approval.
    PayoutBatch.objects.filter(pk=batch.pk).update(status="draft", digest=None, due_at=None)

    submit(batch)

    left.refresh_from_db()
    assert (left.status, waiting(batch) != left) == ("withdrawn", True)


def test_what_a_rule_gives_to_staff_no_key_approves(maker, checker, draft):
    ApprovalRule.objects.create(
        name="All of them",
        action="payout_batch.start",
        steps=[{"persons": 1, "group": None}],
        changed_at=timezone.now(),
    )
    batch = draft(1)
    act(maker, batch, "submit")

    answer = decide(checker, waiting(batch))

    assert (answer.status_code, answer.json()["code"]) == (409, "payout_batch_needs_staff")
    assert fresh(batch).status == "needs_approval"


@pytest.mark.django_db(transaction=True)
def test_of_ten_who_decide_at_once_one_does(draft, submit, merchant, clock):
    batch = submit(draft(1))
    approval = waiting(batch)
    callers = [
        caller(Shop(merchant, scopes=[scopes.PAYOUTS_APPROVE]).api_key) for _number in range(10)
    ]

    def run(number):
        try:
            decide_for_merchant(
                approval_id=approval.pk,
                is_approved=number % 2 == 0,
                shown_digest=bytes(approval.digest),
                caller=callers[number],
                reason="Not so.",
                now=clock.now,
            )
        except DomainError as refusal:
            return type(refusal)
        finally:
            connections.close_all()
        return None

    with ThreadPoolExecutor(5) as pool:
        found = list(pool.map(run, range(10)))

    assert found.count(None) == 1
    row = Approval.objects.get()
    is_running = PayoutBatch.objects.get().status == "running"
    assert row.status == ("approved" if is_running else "rejected")
    assert row.requested_by == MAKER
    assert len(told(row)) == 2


@pytest.fixture
def rule(db):
    """A rule that no key meets."""

    def made(**fields):
        made = ApprovalRule.objects.create(
            **{
                "name": "Rule",
                "action": "payout_batch.start",
                "changed_at": timezone.now(),
                "steps": [{"persons": 1, "group": None}],
                "currency": "XAF",
                **fields,
            }
        )
        clear_all()
        return made

    return made


def found_by(batch):
    payload = {"payout_batch_id": str(batch.pk), "amount": 1, "currency": "XAF"}
    return [one.name for one in matching_rules("payout_batch.start", payload)]


def test_batches_just_below_a_sum_reach_it_together(maker, checker, draft, submit, rule):
    rule(sum_of="merchant", sum_hours=24, amount_min=4_000)
    first, second = draft(3), draft(1)
    act(maker, first, "submit")
    assert found_by(first) == []
    act(maker, second, "submit")

    assert decide(checker, waiting(second)).json()["code"] == "payout_batch_needs_staff"


def test_a_sum_of_a_payee_is_that_of_its_lines_its_payouts_and_other_batches(
    draft, submit, approve, turn, rule
):
    rule(sum_of="payee", sum_hours=24, amount_min=2_500)
    phone = {"msisdn": "237677000077"}
    index = search_index(phone["msisdn"], purpose=PAYEE_INDEX)

    def of_payee(count):
        batch = draft([{}, *[phone] * count])
        batch.lines.filter(number__gt=1).update(payee_msisdn_index=index)
        return submit(batch)

    sent = of_payee(1)
    assert found_by(sent) == []
    approve(sent)
    turn(sent)
    assert Payout.objects.count() == 2
    both = of_payee(1)
    assert found_by(both) == []
    third = of_payee(1)
    assert found_by(third) == found_by(both) == ["Rule"]
    discard = {"status": "canceled", "completed_at": timezone.now(), "due_at": None}
    PayoutBatch.objects.filter(pk=both.pk).update(**discard)
    assert found_by(third) == []
    assert found_by(of_payee(3)) == ["Rule"]


def test_a_payout_sees_what_waits_in_batches(maker, draft, submit, rule):
    rule(action="payout.send", sum_of="merchant", sum_hours=1, amount_min=3_000)
    body = {"amount": 1_000, "currency": "XAF", "payee": {"phone": "677000003"}}
    assert maker.post(body, path="/api/v1/payouts").json()["status"] == "pending"
    submit(draft(1))

    assert maker.post(body, path="/api/v1/payouts").json()["status"] == "needs_approval"


def test_a_rule_asks_who_made_it(maker, checker, merchant, draft, submit, rule):
    key = maker.api_key.public_id
    rule(makers=[f"key:{key}"], currency="", name="By this key")
    rule(makers=[f"key:{key}"], currency="", name="Payout", action="payout.send")
    body = {"amount": 1_000, "currency": "XAF", "payee": {"phone": "677000003"}}
    other = Shop(merchant, scopes=[scopes.PAYOUTS_READ, scopes.PAYOUTS_WRITE])
    mine, theirs = draft(1), draft(1)
    act(maker, mine, "submit")
    act(other, theirs, "submit")

    assert (found_by(mine), found_by(theirs)) == (["By this key"], [])
    assert maker.post(body, path="/api/v1/payouts").json()["status"] == "needs_approval"
    assert other.post(body, path="/api/v1/payouts").json()["status"] == "pending"
    # What replaces the key is the same.
    _, maker.key = rotate_api_key(
        api_key_id=maker.api_key.pk,
        overlap=timedelta(hours=1),
        caller=caller(maker.api_key),
        now=timezone.now(),
    )
    assert maker.post(body, path="/api/v1/payouts").json()["status"] == "needs_approval"


def test_who_corrects_a_line_or_wrote_what_is_sent_again_made_it(maker, draft, submit, rule):
    key = maker.api_key.public_id
    rule(makers=[f"key:{key}"], currency="", name="By this key")
    hers, dropped, theirs = draft(2), draft(2), draft(2)
    PayoutBatch.objects.update(created_by=MAKER)
    for batch in (hers, dropped):
        path = f"/api/v1/payout_batches/{batch.public_id}/lines/2"
        assert patch(maker, path, {"phone": "677000009"}).status_code == 200
    act(maker, dropped, "lines/2/drop")
    for batch in (hers, dropped, theirs):
        submit(batch)

    assert [found_by(batch) for batch in (hers, dropped, theirs)] == [["By this key"], [], []]
    of_batch = {"action": "payout_batch.start", "currency": ""}
    assert tried(**of_batch, makers=[f"key:{key}"]) == (3, 1)


def tried(**fields):
    found = try_rule(
        ApprovalRule(**{"action": "payout.send", "currency": "XAF", **fields}),
        visible=None,
        now=timezone.now(),
    )
    return found and (found.acts, found.held)


def test_a_rule_is_tried_on_what_was_done_and_finds_what_it_would_have_held(
    maker, draft, submit, approve, turn, clock, merchant
):
    amounts = (1_000, 2_000, 4_000)
    for hours, amount in enumerate(amounts):
        body = {"amount": amount, "currency": "XAF", "payee": {"phone": f"67700000{hours}"}}
        assert maker.post(body, path="/api/v1/payouts").status_code == 201
        clock.advance(hours=1)
    batch = draft(2)
    submit(batch)
    approve(batch)
    turn(batch)

    assert tried(amount_min=2_000) == (3, 2)
    assert tried(amount_min=2_000, rail="orange") == (3, 0)
    assert tried(payee="new") == (3, 3)
    assert tried(payee="changed") == (3, 0)
    reached = {"sum_of": "merchant", "sum_hours": 1}
    assert tried(**reached, amount_min=6_000) == (3, 1)
    assert tried(**reached, amount_min=3_000, amount_max=5_999) == (3, 1)
    assert tried(sum_of="payee", sum_hours=1, amount_min=2_000) == (3, 2)
    # The batch's payouts are none by API, and are in its own sum.
    of_batch = {"action": "payout_batch.start"}
    assert tried(**of_batch, amount_min=2_000) == (1, 1)
    assert tried(**of_batch, rail="mtn") == (1, 1)
    assert tried(**of_batch, rail="orange") == (1, 0)
    assert tried(**of_batch, makers=["key:other"]) == (1, 0)
    assert tried(**of_batch, sum_of="merchant", sum_hours=2, amount_min=8_000) == (1, 1)
    assert tried(**of_batch, sum_of="merchant", sum_hours=2, amount_min=9_000) == (1, 0)
    assert tried(**of_batch, payee="new") is None
    assert tried(action="discrepancy.write_off") is None
    assert tried(action="refund.send") == (0, 0)
    clock.advance(days=31)
    assert tried() == (0, 0)


def test_what_is_tried_says_what_nobody_keeps_and_leaves_out_what_is_not_seen(maker, monkeypatch):
    body = {"amount": 1_000, "currency": "XAF", "payee": {"phone": "677000003"}}
    maker.post(body, path="/api/v1/payouts")
    made = ApprovalRule(action="payout.send", makers=["key:one"])

    found = try_rule(made, visible=None, now=timezone.now())
    others = try_rule(made, visible=lambda acts: acts[:0], now=timezone.now())

    assert (found.held, found.is_maker_unknown, made.makers) == (1, True, ["key:one"])
    assert found.latest[0].target == Payout.objects.get().public_id
    assert (others.acts, found.cut_at) == (0, 0)
    action = replace(approvable_actions()["payout.send"], past_most=1)
    monkeypatch.setitem(approvable_actions(), "payout.send", action)
    maker.post({**body, "amount": 2_000}, path="/api/v1/payouts")
    found = try_rule(made, visible=None, now=timezone.now())
    assert (found.acts, found.cut_at) == (1, 1)


def test_a_trial_that_takes_too_long_says_how_far_it_came(maker, clock, monkeypatch):
    body = {"amount": 1_000, "currency": "XAF", "payee": {"phone": "677000003"}}
    maker.post(body, path="/api/v1/payouts")
    clock.advance(days=3)
    maker.post({**body, "amount": 2_000}, path="/api/v1/payouts")
    real = approvable_actions()["payout.send"].read_past

    def slow(self, asked, *, since, **bounds):
        if since < timezone.now() - timedelta(days=1, hours=1):
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_sleep(60)")
        return real(asked, since=since, **bounds)

    monkeypatch.setattr(ApprovableAction, "read_past", slow)
    monkeypatch.setattr(trying, "TRIED_S_MAX", 0.3)
    now, begun = timezone.now(), monotonic()

    found = try_rule(ApprovalRule(action="payout.send"), visible=None, now=now)

    assert monotonic() - begun < 5
    assert (found.acts, found.held, found.since) == (1, 1, now - timedelta(days=1))
    # The connection serves on.
    assert Payout.objects.count() == 2
