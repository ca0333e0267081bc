"""Finance types a rule for own transfers, sees what it would find, and another person lets it
hold."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from apps.approvals.models import ApprovalRequest
from apps.reconciliation.models import OwnTransferRule
from tests.approvals.test_pages import decide
from tests.disputes.test_staff import staff

from .reports import stage_and_match
from .test_own_rules import bank, came, out, owner, wallet
from .test_passes import lines

pytestmark = pytest.mark.django_db

__all__ = ["bank", "owner", "wallet"]

TODAY = timezone.now().date()


@pytest.fixture
def maker():
    rights = ("view_owntransferrule", "add_owntransferrule", "view_provideraccount")
    return staff("fanta", *rights, "add_approvalrequest", "view_approvalrequest")


@pytest.fixture
def checker():
    return staff("binta", "view_approvalrequest", "decide")


def page():
    return reverse("admin:reconciliation_owntransferrule_new_rule")


def typed(wallet, bank, owner, **changes):
    return {
        "name": "Sweep to the bank",
        "from_account": str(wallet.pk),
        "from_text": "SWEEP",
        "to_account": str(bank.pk),
        "to_text": "",
        "days": 2,
        "tolerance": 0,
        "starts_on": TODAY.isoformat(),
        "owner": owner.pk,
    } | changes


def test_a_rule_is_shown_with_what_it_would_find_and_holds_once_two_people_agree(
    maker, checker, wallet, bank, owner
):
    form = typed(wallet, bank, owner)

    text = maker.post(page(), form).content.decode()
    shown = re.search(r'name="shown" value="([^"]+)"', text)[1]
    assert "0 transfers" in text
    assert not OwnTransferRule.objects.exists()
    maker.post(page(), {"shown": shown, "reason": "Their bank sends no reference."})

    request = ApprovalRequest.objects.get()
    url = reverse("admin:approvals_approvalrequest_change", args=[request.pk])
    assert "Its line contains: SWEEP" in checker.get(url).content.decode()
    decide(checker, request)
    rule = OwnTransferRule.objects.get()
    assert (rule.from_text, rule.owner, rule.ends_on) == ("SWEEP", owner, None)

    changes = reverse("admin:reconciliation_owntransferrule_changelist")
    asked = {"action": "ask_to_end", "_selected_action": rule.pk, "reason": "It is not needed."}
    maker.post(changes, asked)
    decide(checker, ApprovalRequest.objects.latest("pk"))
    rule.refresh_from_db()
    assert rule.ends_on is not None


def test_what_it_would_find_stands_side_by_side_and_nothing_is_kept(maker, wallet, bank, owner):
    yesterday = TODAY - timedelta(days=1)
    stage_and_match(wallet, out(), out("W-2", amount=900), day=yesterday)
    stage_and_match(bank, came(amount=700), day=yesterday)
    before = lines()

    form = typed(wallet, bank, owner, starts_on=yesterday.isoformat())
    text = maker.post(page(), form).content.decode()

    assert "1 transfer" in text
    assert "1 line without its other side" in text
    assert re.search(r"<td>sweep W-1</td>\s*<td>[^<]+</td><td>[^<]+</td><td>B-1</td>", text)
    assert lines() == before


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"from_text": ""}, "the amount alone is never enough"),
        ({"days": 11}, "10"),
        ({"from_account": ""}, "required"),
    ],
)
def test_a_rule_that_cannot_be_is_refused_with_its_reason(
    maker, wallet, bank, owner, changes, words
):
    text = maker.post(page(), typed(wallet, bank, owner, **changes)).content.decode()

    assert words in text
    assert 'name="shown"' not in text


def test_nobody_without_the_right_sees_the_page():
    assert staff("coumba", "view_owntransferrule").get(page()).status_code == 403
