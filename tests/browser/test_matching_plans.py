"""How an account's reports are matched, tried otherwise, and what a line says."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.urls import reverse
from django.utils import timezone

from apps.reconciliation.models import OwnTransferRule, StatementLine
from apps.reconciliation.rules.passes import PassTerms
from apps.reconciliation.tests.reports import foreign_line, stage_and_match
from apps.reconciliation.tests.test_own_rule_page import TODAY, typed
from apps.reconciliation.tests.test_own_rules import came, out
from apps.reconciliation.tests.test_passes import LIKENESSES, PAYER, give_plan, nameless, paid
from apps.reconciliation.tests.test_plan_page import FORM
from tests.browser.conftest import LANGUAGES_OF_WORK
from tests.factories import ProviderAccountFactory

pytestmark = pytest.mark.django_db(transaction=True)


@LANGUAGES_OF_WORK
def test_a_plan_is_read_and_tried_and_lines_say_why(reader, language):
    account = ProviderAccountFactory()
    give_plan(account, *LIKENESSES, report_delay_days=2, tolerance=1)
    first, _twin = paid(account), paid(account)
    alone = paid(account, payer_msisdn="237677000005", amount=7_000)
    stage_and_match(
        account,
        nameless(first, number=PAYER),
        nameless(alone, number="237677000005"),
        foreign_line(),
    )
    window = reader(language, User.objects.create_superuser("fanta", password="secret"))

    window.open(reverse("admin:reconciliation_matchingplan_changelist"))
    window.look()
    page = reverse("admin:reconciliation_matchingplan_change_plan")
    window.open(f"{page}?account={account.pk}")
    window.look()
    window.post(f"{page}?account={account.pk}", FORM)
    window.look()
    # A rule for what no reference names, of two accounts whose plans have it.
    bank = ProviderAccountFactory()
    rules = PassTerms("own_rule")
    give_plan(bank, rules)
    give_plan(account, *LIKENESSES, rules)
    owner = User.objects.get(username="fanta")
    stage_and_match(account, out(), day=TODAY)
    stage_and_match(bank, came(), day=TODAY)
    page = reverse("admin:reconciliation_owntransferrule_new_rule")
    window.open(page)
    window.look()
    window.post(page, typed(account, bank, owner))
    assert "B-1" in window.page.content()
    window.look()
    OwnTransferRule.objects.create(
        name="Sweep to the bank",
        from_account=account,
        to_account=bank,
        from_text="SWEEP",
        days=2,
        starts_on=TODAY,
        owner=owner,
        created_at=timezone.now(),
    )
    window.open(reverse("admin:reconciliation_owntransferrule_changelist"))
    window.look()
    window.open(reverse("admin:reconciliation_statementline_changelist"))
    window.look(is_first=False)
    line = StatementLine.objects.get(reason="several_candidates")
    window.open(reverse("admin:reconciliation_statementline_change", args=[line.pk]))
    window.look(is_first=False)
    statement = line.statement
    window.open(reverse("admin:reconciliation_statement_change", args=[statement.pk]))
    window.look(is_first=False)

    assert not window.problems, "\n".join(window.problems)
