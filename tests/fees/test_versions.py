"""A version is agreed on by two people, begins in time, and never changes."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from apps.approvals.services.decide_approval import ApprovalByTheSamePerson, decide_approval
from apps.approvals.services.request_approval import request_approval
from apps.fees.models import FeePlan, FeePlanVersion, MerchantFeePlan
from apps.fees.rules.begins_at import NOTICE
from apps.fees.rules.check_lines import FeeLinesRefused
from apps.fees.rules.fee_terms import FeeTerms, terms_as_json
from apps.fees.selectors.fee_plans import _lines, current_lines
from apps.fees.services.add_version import FeePlanChanged
from apps.fees.services.give_plan import FeePlanNotGiven
from apps.fees.services.take_back_given_plan import GivenPlanNotPlanned
from apps.fees.services.take_back_version import FeeVersionNotPlanned
from apps.reconciliation.selectors.find_violations import find_violations
from tests.factories import MerchantFactory, ProviderAccountFactory
from tests.monitoring.test_planted import find

pytestmark = pytest.mark.django_db


@pytest.fixture
def merchant():
    """At 2 %."""
    return MerchantFactory(fee_basis_points=200)


@pytest.fixture
def plan(merchant):
    return FeePlan.objects.get(merchants__merchant=merchant)


@pytest.fixture
def people():
    return [User.objects.create_user(name, is_staff=True) for name in ("awa", "binta")]


def line(**terms):
    usual = {"operation": "collect", "said_in": "XAF", "basis_points": Decimal(150)}
    return FeeTerms(**usual | terms)


def asked(plan, person, *lines, valid_from="", after_number=1):
    return request_approval(
        action="fee_plan.activate",
        target=plan.public_id,
        payload={
            "plan_id": str(plan.pk),
            "after_number": after_number,
            "valid_from": valid_from,
            "lines": [terms_as_json(each) for each in lines],
            "simulation": [],
        },
        reason="new contract",
        requested_by=person,
        now=timezone.now(),
    )


def decided(request, person):
    return decide_approval(
        request_id=request.pk,
        is_approved=True,
        shown_digest=bytes(request.digest),
        decided_by=person,
        now=timezone.now(),
    )


def shares(merchant, now):
    _lines.clear()
    return [each.basis_points for each in current_lines(merchant.pk, now=now)]


def test_what_two_people_agreed_on_holds_from_its_time_and_closes_the_one_before(
    merchant, plan, people
):
    maker, checker = people
    request = asked(plan, maker, line())
    assert FeePlanVersion.objects.count() == 1

    decided(request, checker)

    old, new = plan.versions.order_by("number")
    assert old.valid_until == new.valid_from >= request.requested_at + NOTICE
    just_before = new.valid_from - timedelta(microseconds=1)
    assert shares(merchant, just_before) == [200]
    assert shares(merchant, new.valid_from) == [150]
    found = find_violations(now=timezone.now())
    assert [one.invariant.name for one in found if one.violations] == []


def test_a_process_that_read_before_knows_when_the_next_version_begins(merchant, plan, people):
    decided(asked(plan, people[0], line()), people[1])
    begins = plan.versions.get(number=2).valid_from

    _lines.clear()
    kept = [current_lines(merchant.pk, now=now) for now in (begins - NOTICE, begins)]

    assert [[each.basis_points for each in lines] for lines in kept] == [[200], [150]]


def test_one_person_alone_changes_no_fee(plan, people):
    request = asked(plan, people[0], line())

    with pytest.raises(ApprovalByTheSamePerson):
        decided(request, people[0])

    assert plan.versions.count() == 1


def test_a_version_written_on_another_is_refused_once_that_is_not_the_newest(plan, people):
    first = asked(plan, people[0], line())
    decided(first, people[1])

    with pytest.raises(FeePlanChanged):
        asked(plan, people[0], line(fixed=1))

    assert plan.versions.count() == 2


def test_a_version_begins_after_the_one_before(plan, people):
    later = (timezone.now() + timedelta(days=30)).isoformat()
    decided(asked(plan, people[0], line(), valid_from=later), people[1])

    with pytest.raises(FeePlanChanged):
        asked(plan, people[0], line(), after_number=2)


def broken():
    return [one.invariant.name for one in find_violations(now=timezone.now()) if one.violations]


def taken_back(version, person):
    return request_approval(
        action="fee_plan.take_back",
        target=version.plan.public_id,
        payload={"plan_id": str(version.plan_id), "version_id": str(version.pk)},
        reason="the slip of a year",
        requested_by=person,
        now=timezone.now(),
    )


def test_a_planned_version_is_taken_back_by_two_and_the_one_before_holds_on(merchant, plan, people):
    later = timezone.now() + timedelta(days=300)
    decided(asked(plan, people[0], line(), valid_from=later.isoformat()), people[1])
    planned = plan.versions.get(number=2)

    request = taken_back(planned, people[0])
    with pytest.raises(ApprovalByTheSamePerson):
        decided(request, people[0])
    assert shares(merchant, later) == [150]
    decided(request, people[1])

    assert shares(merchant, later) == shares(merchant, later + timedelta(days=9)) == [200]
    assert broken() == []
    # It is on record, nobody takes it back twice, and another may begin sooner.
    planned.refresh_from_db()
    assert planned.is_taken_back
    with pytest.raises(FeeVersionNotPlanned):
        taken_back(planned, people[0])
    with pytest.raises(FeePlanChanged):
        asked(plan, people[0], line(fixed=1), after_number=2)
    decided(asked(plan, people[0], line(basis_points=Decimal(90)), after_number=1), people[1])
    third = plan.versions.get(number=3)
    assert shares(merchant, third.valid_from) == [90]
    assert broken() == []


def test_what_has_begun_or_what_merchants_would_have_nothing_in_place_of_stays(plan, people):
    first = plan.versions.get()
    with pytest.raises(FeeVersionNotPlanned):
        taken_back(first, people[0])
    later = timezone.now() + timedelta(days=30)
    FeePlanVersion.objects.update(valid_from=later)
    with pytest.raises(FeeVersionNotPlanned):
        taken_back(first, people[0])

    assert not plan.versions.exclude(valid_until=None).exists()


@pytest.mark.parametrize(
    "lines",
    [
        [],
        [line(), line(fixed=7)],
        [line(basis_points=Decimal("10000.001"))],
        [line(tax_basis_points=Decimal(-1))],
        [line(fee_min=5, fee_max=4)],
        [line(fixed=10**16)],
    ],
)
def test_lines_that_are_no_plan_are_refused_and_nothing_is_asked_for(plan, people, lines):
    with pytest.raises(FeeLinesRefused):
        asked(plan, people[0], *lines)

    assert plan.versions.count() == 1


USD = {"currency": "USD", "said_in": "USD"}


@pytest.mark.parametrize("amount", ["amount_from", "fixed", "fee_min", "fee_max"])
def test_an_amount_without_a_parity_is_refused_with_the_plan_and_not_with_a_payment(
    plan, people, amount
):
    ProviderAccountFactory(connector="fake", currency="USD")
    in_francs = line(**{amount: 100})

    with pytest.raises(FeeLinesRefused, match=r"Line 1 .* USD"):
        asked(plan, people[0], in_francs)
    with pytest.raises(FeeLinesRefused):
        asked(plan, people[0], in_francs, line(operator="mtn", **USD), line(amount_from=1, **USD))

    # What is never chosen for dollars may say what it wants.
    asked(plan, people[0], in_francs, line(**USD), line(provider="mtn_momo", fixed=7))


def test_a_plan_that_does_not_know_a_currency_that_came_later_is_named_at_once(clock):
    MerchantFactory(fee_fixed=50)
    # It is asked for no amount, and says so in any currency.
    MerchantFactory(fee_basis_points=50)
    for currency in ("XOF", "USD"):
        ProviderAccountFactory(connector="fake", currency=currency, livemode=False)

    (finding,) = find("fee_without_parity", clock.now, includes_test=1.0)

    assert (finding.key, finding.facts["count"]) == ("USD", 1)
    assert find("fee_without_parity", clock.now) == []


def test_a_plan_of_before_is_not_given_once_it_cannot_be_charged_by(merchant, people):
    other = FeePlan.objects.get(merchants__merchant=MerchantFactory(fee_fixed=50))
    ProviderAccountFactory(connector="fake", currency="USD")

    with pytest.raises(FeeLinesRefused):
        request_approval(
            action="fee_plan.give",
            target=merchant.public_id,
            payload={"merchant_id": str(merchant.pk), "plan_id": str(other.pk), "valid_from": ""},
            reason="new contract",
            requested_by=people[0],
            now=timezone.now(),
        )


def test_a_plan_is_given_by_two_people_and_closes_the_one_before(merchant, people):
    other = FeePlan.objects.get(merchants__merchant=MerchantFactory(fee_basis_points=50))
    request = request_approval(
        action="fee_plan.give",
        target=merchant.public_id,
        payload={"merchant_id": str(merchant.pk), "plan_id": str(other.pk), "valid_from": ""},
        reason="new contract",
        requested_by=people[0],
        now=timezone.now(),
    )
    decided(request, people[1])

    old, new = MerchantFeePlan.objects.filter(merchant=merchant).order_by("valid_from")
    assert old.valid_until == new.valid_from
    assert shares(merchant, new.valid_from - timedelta(seconds=1)) == [200]
    assert shares(merchant, new.valid_from) == [50]


def given(merchant, plan, people, *, valid_from=""):
    request = request_approval(
        action="fee_plan.give",
        target=merchant.public_id,
        payload={
            "merchant_id": str(merchant.pk),
            "plan_id": str(plan.pk),
            "valid_from": valid_from and valid_from.isoformat(),
        },
        reason="new contract",
        requested_by=people[0],
        now=timezone.now(),
    )
    decided(request, people[1])
    return MerchantFeePlan.objects.filter(merchant=merchant, plan=plan).latest("created_at")


def ungiven(given, person):
    return request_approval(
        action="fee_plan.take_back_given",
        target=given.public_id,
        payload={"merchant_id": str(given.merchant_id), "given_id": str(given.pk)},
        reason="another day",
        requested_by=person,
        now=timezone.now(),
    )


def test_a_plan_given_from_a_later_day_is_taken_back_by_two_and_the_one_before_holds_on(
    merchant, people
):
    other = FeePlan.objects.get(merchants__merchant=MerchantFactory(fee_basis_points=50))
    later = timezone.now() + timedelta(days=30)
    planned = given(merchant, other, people, valid_from=later)

    request = ungiven(planned, people[0])
    with pytest.raises(ApprovalByTheSamePerson):
        decided(request, people[0])
    assert shares(merchant, later) == [50]
    decided(request, people[1])

    assert shares(merchant, later) == shares(merchant, later + timedelta(days=9)) == [200]
    assert broken() == []
    planned.refresh_from_db()
    assert planned.is_taken_back
    with pytest.raises(GivenPlanNotPlanned):
        ungiven(planned, people[0])
    # It may be given again from the same moment on, taken back again, and given for good.
    again = given(merchant, other, people, valid_from=later)
    decided(ungiven(again, people[0]), people[1])
    given(merchant, other, people, valid_from=later)
    assert shares(merchant, later) == [50]
    assert broken() == []


def test_a_given_plan_that_has_begun_or_is_followed_by_another_stays(merchant, people):
    other = FeePlan.objects.get(merchants__merchant=MerchantFactory(fee_basis_points=50))
    first = MerchantFeePlan.objects.get(merchant=merchant)
    # Within a minute processes charge by it.
    soon = given(merchant, other, people, valid_from=timezone.now() + timedelta(seconds=50))
    for each in (first, soon):
        with pytest.raises(GivenPlanNotPlanned):
            ungiven(each, people[0])

    assert shares(merchant, soon.valid_from) == [50]


def test_the_first_plan_of_a_merchant_is_taken_back_too_and_nothing_is_charged(people):
    merchant = MerchantFactory()
    MerchantFeePlan.objects.filter(merchant=merchant).delete()
    other = FeePlan.objects.get(merchants__merchant=MerchantFactory(fee_basis_points=50))
    later = timezone.now() + timedelta(days=30)

    decided(ungiven(given(merchant, other, people, valid_from=later), people[0]), people[1])

    assert shares(merchant, later) == []
    assert broken() == []


def test_a_plan_that_charges_nothing_yet_is_not_given(merchant, people):
    empty = FeePlan.objects.create(name="Empty", currency="XAF", created_at=timezone.now())

    with pytest.raises(FeePlanNotGiven):
        request_approval(
            action="fee_plan.give",
            target=merchant.public_id,
            payload={"merchant_id": str(merchant.pk), "plan_id": str(empty.pk), "valid_from": ""},
            reason="new contract",
            requested_by=people[0],
            now=timezone.now(),
        )
