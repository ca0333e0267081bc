"""What a batch tells the rules of its payees: new, or changed, of any line."""

from __future__ import annotations

import base64
import os

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.approvals.models import ApprovalRule
from apps.approvals.rules.facts import PAYEE, Asked
from apps.approvals.selectors.matching_rules import matching_rules
from apps.payout_batches.rules.payee import payee_msisdn_of
from apps.payout_batches.selectors.batch_payees import batch_payees
from apps.payouts.models import Payout
from apps.payouts.rules.payee import PAYEE_CONTEXT, PAYEE_INDEX
from apps.payouts.selectors.payout_facts import payout_facts
from apps.vault.blind_index import search_index
from apps.vault.encryption import encrypt
from tests.payout_batch_runs.conftest import batch_of_another, make_batch

pytestmark = pytest.mark.django_db


def paid(line, **fields):
    """A payout to the number of this line that succeeded."""
    return Payout.objects.create(
        **{
            "merchant": line.batch.merchant,
            "livemode": False,
            "amount": 1_000,
            "currency": "XAF",
            "country": "CM",
            "operator": "mtn",
            "provider": "fake",
            "payee_msisdn_encrypted": b"",
            "payee_msisdn_index": line.payee_msisdn_index,
            "payee_msisdn_masked": "",
            "status": "succeeded",
            "created_at": timezone.now(),
            **fields,
        }
    )


def told(batch):
    return batch_payees({"payout_batch_id": str(batch.pk)})


@pytest.mark.parametrize(
    ("before", "payees"),
    [
        (None, {"new"}),
        ({"status": "failed"}, {"new"}),
        ({"livemode": True}, {"new"}),
        ({}, set()),
        ({"operator": "orange"}, {"changed"}),
    ],
)
def test_a_payee_is_new_until_paid_and_changed_once_the_number_moved(
    merchant, clock, before, payees
):
    batch = make_batch(merchant, now=clock.now, lines=1)
    if before is not None:
        paid(batch.lines.get(), **before)

    assert told(batch) == payees


@pytest.mark.parametrize(
    ("now", "payees"), [("mtn", set()), ("orange", {"changed"})], ids=["stayed", "moved"]
)
def test_a_payee_is_known_by_all_keys_while_those_of_the_search_change(
    merchant, clock, settings, now, payees
):
    batch = make_batch(merchant, now=clock.now, lines=1)
    line = batch.lines.get()
    paid(line, operator="orange" if now == "mtn" else "mtn")
    new_key = base64.b64encode(os.urandom(32)).decode()
    settings.VAULT_SEARCH_KEYS = f"s2:{new_key},index"
    later = search_index(payee_msisdn_of(line), purpose=PAYEE_INDEX)
    paid(line, operator=now, payee_msisdn_index=later)

    # The last payout has the number by the new key, the line by the one before.
    assert told(batch) == payees
    batch.lines.update(payee_msisdn_index=later)
    assert told(batch) == payees
    by_api = paid(line, operator="mtn", payee_msisdn_index=later, status="pending")
    by_api.payee_msisdn_encrypted = encrypt(
        payee_msisdn_of(line), context=PAYEE_CONTEXT, row_id=by_api.pk
    )
    asked = Asked(frozenset({PAYEE}))
    assert payout_facts(by_api, asked, caller=None).payees == payees


def test_a_payee_whom_the_operator_names_otherwise_is_changed_if_it_was_paid(merchant, clock):
    batch = batch_of_another(merchant, now=clock.now)
    assert told(batch) == {"new"}

    paid(batch.lines.get())

    assert told(batch) == {"changed"}


def test_any_line_tells_and_only_one_that_is_sent(merchant, clock):
    batch = make_batch(merchant, now=clock.now, lines=[{}, {"msisdn": "237677000077"}, {}])
    for line in batch.lines.exclude(number=2):
        paid(line)
    assert told(batch) == {"new"}

    batch.lines.filter(number=2).update(status="dropped")

    assert told(batch) == set()


def test_payees_are_looked_at_only_where_a_rule_asks(merchant, clock):
    batch = make_batch(merchant, now=clock.now, lines=1)
    rule = ApprovalRule.objects.create(
        name="New", action="payout_batch.start", changed_at=clock.now, payee="new", steps=[]
    )
    shown = {"payout_batch_id": str(batch.pk), "amount": 1_000, "currency": "XAF"}
    assert matching_rules("payout_batch.start", shown) == [rule]
    ApprovalRule.objects.update(payee="")

    with CaptureQueriesContext(connection) as queries:
        matching_rules("payout_batch.start", shown)

    assert not [each for each in queries if "payouts_payout" in each["sql"]]
