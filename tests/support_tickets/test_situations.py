"""The table of situations: one for every case, and complete in both languages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import translation

from apps.payments.models import PaymentStatus
from apps.payouts.models import PayoutStatus
from apps.refunds.models import RefundStatus
from apps.support_tickets.rules.case_facts import (
    COMPLAINTS,
    CaseFacts,
    Complaint,
    Disputed,
    Webhooks,
)
from apps.support_tickets.rules.situations import SITUATIONS, NextAction, Situation, situation_code

VALUES = {"number", "failure", "expires", "next_check"}
STATUSES = {
    "payment": PaymentStatus.values,
    "refund": RefundStatus.values,
    "payout": PayoutStatus.values,
}


def refunds() -> list[CaseFacts | None]:
    return [
        None,
        *(
            CaseFacts("refund", status, was_sent=True, needs_person=needs_person)
            for status, needs_person in product(RefundStatus.values, (False, True))
        ),
    ]


def every_case() -> Iterator[CaseFacts]:
    """All combinations of what a case can be made of."""
    flags = (False, True)
    for owner_type, statuses in STATUSES.items():
        for status, complaint, webhooks, refund in product(
            statuses,
            (None, *Complaint),
            Webhooks,
            refunds() if owner_type == "payment" else [None],
        ):
            plain = CaseFacts(
                owner_type, status, complaint=complaint, webhooks=webhooks, refund=refund
            )
            for sent, is_open, person, contradicted, twice, approval, failure in product(
                flags,
                flags,
                flags,
                flags,
                flags,
                ("", "approve_on_phone", "redirect"),
                ("", "payer_not_found"),
            ):
                yield replace(
                    plain,
                    was_sent=sent,
                    is_open=is_open,
                    needs_person=person,
                    is_contradicted=contradicted,
                    is_paid_twice=twice,
                    approval=approval,
                    failure_code=failure,
                )
    for disputed, refund in product(Disputed, refunds()):
        yield CaseFacts("payment", "succeeded", was_sent=True, disputed=disputed, refund=refund)


def texts(situation: Situation) -> list[str]:
    own = (situation.title, situation.payer, situation.merchant, situation.agent)
    return [str(text) for text in (*own, *situation.steps, situation.expected)]


def test_every_case_is_one_situation_and_every_situation_is_met():
    met = {situation_code(facts) for facts in every_case()}

    assert met == set(SITUATIONS)


@pytest.mark.parametrize("status", PaymentStatus.values)
def test_what_is_not_known_is_never_told_as_known(status):
    """While people decide, nobody is told that it is paid, unpaid or given back."""
    facts = CaseFacts("payment", status, was_sent=True, needs_person=True)

    assert situation_code(facts) in {"undecided", "failed_and_debited", "contradicted"}
    assert SITUATIONS[situation_code(facts)].action == NextAction.DECIDE_ATTEMPT


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        (CaseFacts("payment", "pending"), "not_sent_yet"),
        (CaseFacts("payment", "pending", was_sent=True), "no_prompt"),
        (CaseFacts("payment", "pending", was_sent=True, approval="redirect"), "page_open"),
        (CaseFacts("payment", "requires_action", was_sent=True, is_open=True), "page_open"),
        (CaseFacts("payment", "requires_action", was_sent=True), "number_asked"),
        (
            CaseFacts("payment", "requires_action", was_sent=True, complaint=Complaint.DEBITED),
            "said_to_be_debited",
        ),
        (CaseFacts("payment", "verifying", was_sent=True), "debited_not_confirmed"),
        (CaseFacts("payment", "expired", was_sent=True, is_open=True), "expired_unanswered"),
        (
            CaseFacts("payment", "failed", was_sent=True, complaint=Complaint.DEBITED),
            "said_to_be_debited",
        ),
        (CaseFacts("payment", "failed", is_contradicted=True), "failed_and_debited"),
        (CaseFacts("payment", "failed", failure_code="payer_not_found"), "number_unknown"),
        (CaseFacts("payment", "succeeded", is_paid_twice=True), "paid_twice"),
        (
            CaseFacts("payment", "succeeded", is_paid_twice=True, disputed=Disputed.OPEN),
            "disputed",
        ),
        (
            CaseFacts(
                "payment",
                "succeeded",
                disputed=Disputed.LOST,
                refund=CaseFacts("refund", "failed"),
            ),
            "dispute_lost",
        ),
        (
            CaseFacts(
                "payment",
                "succeeded",
                disputed=Disputed.OPEN,
                refund=CaseFacts("refund", "verifying"),
            ),
            "refund_not_confirmed",
        ),
        (
            CaseFacts("payment", "succeeded", refund=CaseFacts("refund", "verifying")),
            "refund_not_confirmed",
        ),
        (CaseFacts("payment", "succeeded", complaint=Complaint.WRONG_NUMBER), "wrong_number"),
        (CaseFacts("payment", "succeeded", webhooks=Webhooks.FAILING), "webhook_not_received"),
        (CaseFacts("payment", "succeeded", webhooks=Webhooks.DELIVERED), "all_is_well"),
        (
            CaseFacts("payment", "failed", complaint=Complaint.WEBHOOK, webhooks=Webhooks.STOPPED),
            "webhook_stopped",
        ),
        (CaseFacts("payout", "needs_approval"), "payout_waits_for_approval"),
        (CaseFacts("refund", "canceled"), "refund_canceled"),
        (
            CaseFacts("payment", "succeeded", refund=CaseFacts("refund", "needs_approval")),
            "refund_waits_for_approval",
        ),
        (
            CaseFacts("payout", "succeeded", complaint=Complaint.WRONG_NUMBER),
            "payout_to_wrong_number",
        ),
    ],
)
def test_the_case_is_called_what_it_is(facts, code):
    assert situation_code(facts) == code


def test_every_complaint_is_a_category_of_tickets():
    assert set(COMPLAINTS.values()) == set(Complaint)


def test_the_texts_name_only_what_a_case_has():
    for code, situation in SITUATIONS.items():
        for text in texts(situation):
            assert set(re.findall(r"%\((\w+)\)s", text)) <= VALUES, code


@pytest.mark.parametrize("language", ["fr", "en"])
def test_every_text_can_be_told(language):
    values = dict.fromkeys(VALUES, "…")

    with translation.override(language):
        told = [text % values for one in SITUATIONS.values() for text in texts(one)]

    assert all(told)


def test_every_action_belongs_to_a_situation():
    situations = SITUATIONS.values()
    actions = {situation.action for situation in situations}
    actions |= {situation.otherwise for situation in situations if situation.otherwise}

    assert actions == set(NextAction)


def test_every_text_has_its_french():
    catalogue = (Path(settings.BASE_DIR) / "locale/fr/LC_MESSAGES/django.po").read_text()
    french = dict(re.findall(r'^msgid "(.+)"\nmsgstr "(.*)"$', catalogue, re.MULTILINE))

    missing = [
        text
        for situation in SITUATIONS.values()
        for text in texts(situation)
        if not french.get(text.replace('"', '\\"'))
    ]

    assert missing == []
