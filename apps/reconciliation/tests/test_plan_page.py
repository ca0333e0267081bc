"""Finance reads how an account's reports are matched, tries another way, and asks for it."""

import re

import pytest
from django.urls import reverse

from apps.approvals.models import ApprovalRequest
from apps.audit.models import AuditEntry
from apps.core.models import OutboxMessage
from apps.reconciliation.models import MatchingPlan, StatementLine
from apps.reconciliation.rules.passes import PassTerms
from apps.reconciliation.selectors.matching_plan import matching_plan
from apps.reconciliation.services.activate_approved_plan import (
    MatchingPlanChanged,
    activate_approved_plan,
)
from apps.reconciliation.services.import_statement import MATCH_TOPIC
from tests.approvals.test_pages import decide
from tests.disputes.test_staff import staff
from tests.factories import ProviderAccountFactory

from .reports import NOW, foreign_line, stage_and_match
from .test_passes import LIKENESSES, PAYER, give_plan, lines, nameless, paid

pytestmark = pytest.mark.django_db

FORM = {
    "place_our_reference": 1,
    "place_provider_reference": 2,
    "place_number": 3,
    "window_number": 10,
    "tolerance": 1,
    "report_delay_days": 0,
}


@pytest.fixture
def account():
    return ProviderAccountFactory()


@pytest.fixture
def maker():
    rights = ("view_matchingplan", "add_matchingplan", "view_provideraccount")
    return staff("awa", *rights, "add_approvalrequest", "view_approvalrequest")


@pytest.fixture
def checker():
    return staff("binta", "view_approvalrequest", "decide")


def page(account):
    url = reverse("admin:reconciliation_matchingplan_change_plan")
    return f"{url}?account={account.pk}"


def tried(client, account, **changes):
    return client.post(page(account), FORM | changes).content.decode()


def shown_in(text):
    return re.search(r'name="shown" value="([^"]+)"', text)[1]


def test_a_plan_is_tried_on_the_latest_report_and_nothing_of_it_is_kept(maker, account):
    stage_and_match(account, nameless(paid(account), number=PAYER), foreign_line())
    before = lines()

    text = tried(maker, account)

    assert re.search(r"matched · the number, amount and minute</td><td>0</td><td>1</td>", text)
    assert lines() == before
    assert not MatchingPlan.objects.exists()


def test_a_plan_holds_once_another_person_has_approved_it(maker, checker, account):
    stage_and_match(account, nameless(paid(account), number=PAYER))
    shown = shown_in(tried(maker, account))

    maker.post(page(account), {"shown": shown, "reason": "Their reports name nobody."})

    request = ApprovalRequest.objects.get()
    assert not MatchingPlan.objects.exists()
    text = checker.get(
        reverse("admin:approvals_approvalrequest_change", args=[request.pk])
    ).content.decode()
    assert "the number, amount and minute (± 10 min)" in text
    decide(checker, request)
    plan = matching_plan(account.pk)
    assert plan.likenesses == (PassTerms("number", 10),)
    assert (plan.number, plan.tolerance) == (1, 1)
    assert AuditEntry.objects.get(action="matching_plan.changed").target == account.public_id
    # Its reports are matched again.
    assert OutboxMessage.objects.filter(topic=MATCH_TOPIC).count() == 1


def test_what_was_shown_of_another_plan_is_asked_for_by_nobody(maker, account):
    shown = shown_in(tried(maker, account))
    give_plan(account, *LIKENESSES)

    maker.post(page(account), {"shown": shown, "reason": "Too late."})

    assert not ApprovalRequest.objects.exists()
    assert matching_plan(account.pk).number == 1


def test_a_plan_that_holds_already_is_no_change(account):
    payload = {
        "account_id": str(account.pk),
        "after_number": 0,
        "passes": [["our_reference", 0], ["provider_reference", 0]],
        "tolerance": 0,
        "report_delay_days": 0,
    }

    with pytest.raises(MatchingPlanChanged):
        activate_approved_plan(
            payload, requested_by="user:1", approved_by="user:2", reason="", now=NOW
        )


def test_a_plan_without_a_reference_is_refused_with_its_reason(maker, account):
    text = tried(maker, account, place_our_reference="", place_provider_reference="")

    assert "One pass by a reference has to be on." in text
    assert 'name="shown"' not in text


def test_nobody_without_the_right_sees_the_page(account):
    client = staff("coumba", "view_matchingplan")

    assert client.get(page(account)).status_code == 403


def test_the_line_shows_both_sides_and_what_it_could_be(admin_client, account):
    give_plan(account, *LIKENESSES)
    twins = [paid(account), paid(account)]
    stage_and_match(account, nameless(twins[0], number=PAYER))
    line = StatementLine.objects.get()
    url = reverse("admin:reconciliation_statementline_change", args=[line.pk])

    text = admin_client.get(url, headers={"accept-language": "en"}).content.decode()

    assert "several could be it: a person chooses" in text
    assert "ours: 2 candidates" in text
    for twin in twins:
        assert twin.public_id in text
