"""What the demo's staff may see."""

import pytest
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.urls import reverse

from apps.orchestration.rules.owners import attempt_owners

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("name", ["finance", "support"])
@pytest.mark.parametrize("owner_type", sorted(attempt_owners()))
def test_who_sees_an_attempt_may_open_what_it_was_made_for(client, name, owner_type):
    call_command("seed_demo")
    client.force_login(get_user_model().objects.get(username=name))

    page = client.get(
        reverse(attempt_owners()[owner_type].admin_page.replace("_change", "_changelist"))
    )

    assert page.status_code == 200


@pytest.mark.parametrize(
    "page",
    [
        "admin:statement_sources_receivedfile_upload",
        "admin:settlement_settlement_changelist",
        "admin:floats_floatwatch_changelist",
        "admin:day_reports_merchantday_changelist",
        "admin:statement_formats_statementprofile_changelist",
    ],
)
def test_finance_may_open_what_its_morning_needs(client, page):
    call_command("seed_demo")
    finance = get_user_model().objects.get(username="finance")
    client.force_login(finance)

    assert client.get(reverse(page)).status_code == 200
    assert finance.has_perm("reconciliation.change_discrepancy")
    assert not finance.has_perm("merchants.change_merchant")


def test_support_may_do_what_a_call_needs_and_edit_no_payment(client):
    call_command("seed_demo")
    support = get_user_model().objects.get(username="support")

    may = {
        right: support.has_perm(right)
        for right in (
            "payments.change_payment",
            "webhooks.change_delivery",
            "support_tickets.view_slapolicy",
            "support_tickets.change_slapolicy",
            "refunds.add_refund",
        )
    }

    assert may == {
        "payments.change_payment": True,
        "webhooks.change_delivery": True,
        "support_tickets.view_slapolicy": True,
        "support_tickets.change_slapolicy": False,
        "refunds.add_refund": False,
    }
