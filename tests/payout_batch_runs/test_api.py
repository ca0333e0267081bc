"""What merchants' programs do with a batch once its lines are checked."""

from __future__ import annotations

import itertools
from datetime import timedelta

import pytest
from django.utils import timezone

from apps.approvals.models import ApprovalRule
from apps.merchants import scopes
from apps.merchants.caller import Caller
from apps.merchants.models import ApiKey
from apps.merchants.selectors.maker_of import maker_of
from apps.merchants.services.rotate_api_key import rotate_api_key
from apps.payout_batches.models import PayoutBatch
from tests.api.conftest import Shop
from tests.payout_batch_runs.conftest import (
    batch_of_another,
    digest_of,
    fresh,
    make_batch,
    statuses,
)
from tests.tries import TRIES

pytestmark = pytest.mark.django_db

BATCHES = "/api/v1/payout_batches"


@pytest.fixture
def maker(merchant):
    return Shop(merchant, scopes=[scopes.PAYOUTS_WRITE, scopes.PAYOUTS_READ])


@pytest.fixture
def checker(merchant):
    return Shop(merchant, scopes=[scopes.PAYOUTS_APPROVE, scopes.PAYOUTS_READ])


@pytest.fixture
def draft(clock, merchant, maker):
    """A draft that the maker made."""

    def create(lines=2, *, by=maker):
        batch = make_batch(merchant, now=clock.now, lines=lines)
        PayoutBatch.objects.filter(pk=batch.pk).update(created_by=maker_of(caller(by.api_key)))
        return batch

    return create


def caller(key: ApiKey) -> Caller:
    return Caller(
        merchant=key.merchant,
        livemode=key.livemode,
        scopes=frozenset(key.scopes),
        credential=key.public_id,
        kind=f"{key.kind}_key",
    )


def act(shop, batch, name, body=None, **send):
    return shop.post(body or {}, path=f"{BATCHES}/{batch.public_id}/{name}", **send)


def test_a_batch_is_submitted_and_approved_by_two_keys(maker, checker, draft, turn, pay_all):
    batch = draft([{}, {"status": "invalid", "amount": None}])

    submitted = act(maker, batch, "submit")
    assert submitted.status_code == 200, submitted.content
    shown = submitted.json()
    assert shown["status"] == "needs_approval"
    assert (shown["lines"]["ready"]["count"], shown["lines"]["invalid"]["count"]) == (1, 1)
    assert act(maker, batch, "approve", {"digest": shown["digest"]}).status_code == 403

    approved = act(checker, batch, "approve", {"digest": shown["digest"]})

    assert (approved.status_code, approved.json()["status"]) == (200, "running")
    turn(batch)
    pay_all()
    turn(batch)
    assert statuses(batch) == ["succeeded", "invalid"]


def test_what_is_repeated_under_its_key_is_done_once(maker, draft):
    batch = draft()

    first, second = (act(maker, batch, "submit", key="once") for _ in range(2))

    assert first.json() == second.json()
    assert second["Idempotent-Replayed"] == "true"
    assert act(maker, batch, "submit").json()["code"] == "payout_batch_not_draft"


def test_every_refusal_has_a_code_of_its_own(maker, checker, draft, clock):
    batch = draft()
    digest = {"digest": "0" * 64}
    later = (clock.now + timedelta(hours=1)).isoformat()

    def code(shop, name, body=None):
        return act(shop, batch, name, body).json()["code"]

    assert code(maker, "start") == "payout_batch_not_approved"
    assert code(maker, "pause") == "payout_batch_not_running"
    assert code(maker, "resume") == "payout_batch_not_paused"
    assert code(maker, "retry") == "payout_batch_not_ended"
    assert code(checker, "approve", digest) == "payout_batch_not_waiting"
    assert code(checker, "reject", {"reason": "no"}) == "payout_batch_not_waiting"
    assert code(maker, "submit", {"scheduled_at": "2020-01-01T00:00:00Z"}) == "scheduled_at_past"
    assert code(checker, "approve", {"digest": "x"}) == "invalid_digest"
    assert act(maker, batch, "submit", {"scheduled_at": later}).status_code == 200
    assert code(checker, "approve", digest) == "payout_batch_changed"
    assert code(checker, "submit") == "scope_missing"
    shown = fresh(batch).digest.hex()
    assert act(checker, batch, "approve", {"digest": shown}).json()["status"] == "scheduled"
    assert act(maker, batch, "start").json()["status"] == "running"
    assert act(maker, batch, "pause").json()["status"] == "paused"
    assert act(maker, batch, "resume").json()["status"] == "running"
    assert act(maker, batch, "cancel").json()["status"] == "canceled"
    assert code(maker, "cancel") == "payout_batch_already_sent"
    assert code(maker, "retry") == "payout_batch_nothing_to_retry"


def test_no_key_approves_what_it_made_or_submitted_by_whatever_way_however_often(
    merchant, clock, draft, monkeypatch, settings
):
    settings.RATE_LIMITS = dict.fromkeys(settings.RATE_LIMITS, 10**9)
    # More than any key is given: it may make and approve, and give away what it has.
    both = Shop(merchant, scopes=list(scopes.ALL))
    successor, _text = rotate_api_key(
        api_key_id=both.api_key.pk,
        overlap=timedelta(hours=1),
        caller=caller(both.api_key),
        now=timezone.now(),
    )
    heir = Shop.__new__(Shop)
    heir.merchant, heir.api_key, heir.key, heir.client = merchant, successor, _text, both.client
    made_and_submitted = draft(by=both)
    act(both, made_and_submitted, "submit")
    made_alone = draft(by=both)
    other = Shop(merchant, scopes=[scopes.PAYOUTS_WRITE])
    act(other, made_alone, "submit")
    batches, codes = (made_and_submitted, made_alone), set()

    for shop, batch in itertools.islice(
        itertools.cycle(itertools.product((both, heir), batches)), TRIES
    ):
        answer = act(shop, batch, "approve", {"digest": fresh(batch).digest.hex()})
        codes.add((answer.status_code, answer.json()["code"]))

    assert codes == {(403, "payout_batch_approval_by_maker")}
    assert {fresh(batch).status for batch in batches} == {"needs_approval"}


def test_no_key_confirms_a_payee_of_a_batch_it_made_by_whatever_way(merchant, clock):
    both = Shop(merchant, scopes=list(scopes.ALL))
    successor, text = rotate_api_key(
        api_key_id=both.api_key.pk,
        overlap=timedelta(hours=1),
        caller=caller(both.api_key),
        now=timezone.now(),
    )
    heir = Shop.__new__(Shop)
    heir.merchant, heir.api_key, heir.key, heir.client = merchant, successor, text, both.client
    batch = batch_of_another(merchant, now=clock.now)
    PayoutBatch.objects.filter(pk=batch.pk).update(created_by=maker_of(caller(both.api_key)))
    address = f"/api/v1/payout_batches/{batch.public_id}/lines/1/confirm"
    digest = digest_of(batch).hex()
    reason = {"digest": digest, "reason": "Her husband's number."}

    for shop in (both, heir):
        answer = shop.post(reason, path=address)
        assert (answer.status_code, answer.json()["code"]) == (
            403,
            "payout_batch_confirmation_by_maker",
        )
    # Whoever makes batches has no scope for it; another merchant finds none.
    maker = Shop(merchant, scopes=[scopes.PAYOUTS_WRITE])
    assert maker.post(reason, path=address).status_code == 403
    stranger = Shop(scopes=list(scopes.ALL))
    assert stranger.post(reason, path=address).status_code == 404
    assert not batch.name_checks.get().is_confirmed

    approver = Shop(merchant, scopes=[scopes.PAYOUTS_APPROVE])
    assert approver.post({**reason, "reason": ""}, path=address).status_code == 400
    assert approver.post({"reason": "Hers."}, path=address).status_code == 400
    other = approver.post({**reason, "digest": "0" * 64}, path=address)
    assert (other.status_code, other.json()["code"]) == (409, "payout_batch_payee_check_changed")
    shown = approver.post(reason, path=address).json()["name_check"]

    assert shown == {
        "result": "different",
        "score": 45,
        "name": "M••• D•••",
        "confirmed": True,
        "digest": digest,
    }


def test_no_credential_gives_itself_or_another_the_right_to_approve(merchant):
    both = Shop(merchant, scopes=list(scopes.ALL))
    maker = Shop(merchant, scopes=[scopes.PAYOUTS_WRITE, scopes.API_KEYS_WRITE])
    keys = "/api/v1/api_keys"

    for shop in (both, maker):
        body = {"kind": "restricted", "scopes": [scopes.PAYOUTS_APPROVE]}
        answer = shop.post(body, path=keys)
        assert (answer.status_code, answer.json()["code"]) == (403, "scope_not_grantable")
    approver = Shop(merchant, scopes=[scopes.PAYOUTS_APPROVE])
    wider = {"scopes": [scopes.PAYOUTS_APPROVE, scopes.PAYOUTS_WRITE]}
    answer = both.client.patch(
        f"{keys}/{approver.api_key.public_id}",
        wider,
        content_type="application/json",
        headers={"Authorization": f"Bearer {both.key}"},
    )
    assert (answer.status_code, answer.json()["code"]) == (403, "scope_not_grantable")
    # Else whoever makes payouts would collect the approver's next key.
    answer = both.post({"overlap_hours": 1}, path=f"{keys}/{approver.api_key.public_id}/rotate")
    assert (answer.status_code, answer.json()["code"]) == (403, "scope_not_grantable")


def test_a_batch_of_another_merchant_or_mode_is_not_found(draft, checker, clock):
    batch = draft()
    stranger = Shop(scopes=list(scopes.ALL))
    for name, body in (("submit", {}), ("approve", {"digest": "0" * 64}), ("cancel", {})):
        assert act(stranger, batch, name, body).status_code == 404
    live = Shop(batch.merchant, livemode=True, scopes=list(scopes.ALL))
    assert act(live, batch, "cancel").json()["code"] == "wrong_mode"


def test_a_batch_that_a_rule_matches_is_approved_by_staff_alone(maker, checker, draft, clock):
    rule = ApprovalRule.objects.create(
        name="Every batch",
        action="payout_batch.start",
        currency="XAF",
        amount_min=1,
        steps=[{"persons": 1, "group": None}],
        changed_at=clock.now,
    )
    batch = draft()
    digest = {"digest": act(maker, batch, "submit").json()["digest"]}

    refused = act(checker, batch, "approve", digest)
    rule.delete()
    approved = act(checker, batch, "approve", digest)

    assert (refused.status_code, refused.json()["code"]) == (409, "payout_batch_needs_staff")
    assert approved.status_code == 200
