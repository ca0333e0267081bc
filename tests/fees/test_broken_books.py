"""Whatever a hand in the database does to a fee plan, the check of the books names it."""

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.utils import timezone

from apps.fees.invariants import INVARIANTS
from apps.fees.models import FeePlan
from apps.payments.invariants import INVARIANTS as PAYMENTS
from apps.reconciliation.selectors.find_violations import find_violations
from apps.reconciliation.tests.corruption import lift_safeguards
from tests.factories import MerchantFactory, PaymentFactory
from tests.fees.test_versions import asked, decided, line

pytestmark = pytest.mark.django_db

BY_A_LINE, TAX_BY_A_LINE = [one for one in PAYMENTS if one.id == "I17"]
# What is done -> the invariant that finds it.
CORRUPTIONS = {
    "another price": (INVARIANTS[0], "UPDATE fees_feeline SET fixed = fixed + 1"),
    "another condition": (INVARIANTS[0], "UPDATE fees_feeline SET country = 'CI'"),
    "a line less": (INVARIANTS[0], "DELETE FROM fees_feeline"),
    "another beginning": (
        INVARIANTS[1],
        "UPDATE fees_feeplanversion SET valid_from = valid_from - interval '1 h' WHERE number = 2",
    ),
    "other lines and their print": (
        INVARIANTS[1],
        "UPDATE fees_feeplanversion SET lines_digest = '7' WHERE number = 2",
    ),
    "a plan in another currency": (
        INVARIANTS[2],
        "UPDATE fees_feeplan SET currency = 'XOF' WHERE currency = 'XAF'",
    ),
    "a plan that is an account's contract now": (
        INVARIANTS[2],
        "UPDATE fees_feeplan SET provider_account_id ="
        " (SELECT id FROM providers_provideraccount LIMIT 1)"
        " WHERE id = (SELECT plan_id FROM fees_feeplanversion WHERE number = 2)",
    ),
    "a version of another plan": (
        INVARIANTS[2],
        "WITH other AS (INSERT INTO fees_feeplan (id, name, currency, created_at)"
        " VALUES (gen_random_uuid(), 'Another', 'XAF', now()) RETURNING id)"
        " UPDATE fees_feeplanversion SET plan_id = (SELECT id FROM other) WHERE number = 2",
    ),
    "a version taken back by one hand": (
        INVARIANTS[3],
        "UPDATE fees_feeplanversion SET valid_until = valid_from WHERE number = 2",
    ),
    "a given plan taken back by one hand": (
        INVARIANTS[4],
        "UPDATE fees_merchantfeeplan SET valid_until = valid_from",
    ),
    "a gap between versions": (
        INVARIANTS[5],
        "UPDATE fees_feeplanversion SET valid_until = valid_until - interval '1 s'"
        " WHERE number = 1",
    ),
    "a plan that ended too soon": (
        INVARIANTS[6],
        "UPDATE fees_merchantfeeplan SET valid_until = now()",
    ),
    "another merchant's line": (
        BY_A_LINE,
        "UPDATE payments_payment SET fee_line_id ="
        " (SELECT id FROM fees_feeline WHERE fixed = 77 LIMIT 1)",
    ),
    "a line for another operator": (BY_A_LINE, "UPDATE fees_feeline SET operator = 'wave'"),
    "a line that held no more": (
        BY_A_LINE,
        "UPDATE fees_merchantfeeplan SET valid_until = '2021-01-01'",
    ),
    "a tax by no line": (
        TAX_BY_A_LINE,
        "UPDATE payments_payment SET fee_tax = 1, fee_line_id = NULL",
    ),
}


@pytest.fixture
def plan():
    merchant = MerchantFactory()
    plan = FeePlan.objects.get(merchants__merchant=merchant)
    paid_by = plan.versions.get().lines.get()
    PaymentFactory(merchant=merchant, succeeded=True, fee_line_id=paid_by.pk)
    people = [User.objects.create_user(name, is_staff=True) for name in ("awa", "binta")]
    decided(asked(plan, people[0], line(fixed=77)), people[1])
    return plan


def broken(among=None):
    found = find_violations(now=timezone.now(), among=among)
    return {one.invariant for one in found if one.violations}


def test_every_corruption_is_found_by_its_invariant(plan):
    assert broken() == set()
    assert {*INVARIANTS, BY_A_LINE, TAX_BY_A_LINE} == {one for one, _ in CORRUPTIONS.values()}


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_a_corruption_is_found_by_its_invariant(plan, name):
    expected, statement = CORRUPTIONS[name]

    lift_safeguards()
    with connection.cursor() as cursor:
        cursor.execute(statement)
        assert cursor.rowcount

    assert expected in broken(among=[expected])
