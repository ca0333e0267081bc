"""The page on which a version is written, simulated, and asked for as it was shown."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.approvals.models import ApprovalRequest
from apps.approvals.services.decide_approval import decide_approval
from apps.fees.models import FeePlan, FeePlanVersion, MerchantFeePlan
from tests.admin.conftest import login
from tests.factories import MerchantFactory, PaymentFactory

__all__ = ["login"]

pytestmark = pytest.mark.django_db

LINE = {
    "operation": "collect", "provider": "", "operator": "", "method": "", "country": "",
    "currency": "", "amount_from": "", "percent": "1.5", "fixed": "25", "fee_min": "",
    "fee_max": "", "tax_percent": "19.25", "rounding": "half_up",
}  # fmt: skip


@pytest.fixture
def merchant():
    return MerchantFactory(fee_basis_points=200)


@pytest.fixture
def plan(merchant):
    return FeePlan.objects.get(merchants__merchant=merchant)


@pytest.fixture
def maker():
    user = User.objects.create_superuser("awa")
    client = Client(HTTP_ACCEPT_LANGUAGE="en")
    client.force_login(user)
    return client


def page(name, *args):
    return reverse(f"admin:fees_feeplan_{name}", args=args)


def typed(*lines, valid_from=("", ""), fee_return="none"):
    form = {"line-TOTAL_FORMS": len(lines), "line-INITIAL_FORMS": 0}
    form |= {
        f"line-{n}-{name}": value for n, line in enumerate(lines) for name, value in line.items()
    }
    times = {"valid_from_0": valid_from[0], "valid_from_1": valid_from[1]}
    return form | times | {"fee_return": fee_return}


def test_a_version_is_simulated_before_anything_is_saved_and_asked_for_as_shown(
    maker, merchant, plan
):
    PaymentFactory(succeeded=True, merchant=merchant, amount=10_000, fee=200)

    form = typed(LINE, fee_return="full")
    shown = maker.post(page("new_version", plan.pk), form).content.decode()

    # 175 and 34 of tax, instead of 200.
    assert "209" in shown and "+9" in shown
    assert not ApprovalRequest.objects.exists() and plan.versions.count() == 1
    signed = re.search(r'name="shown" value="([^"]+)"', shown)[1]
    done = maker.post(page("new_version", plan.pk), {"shown": signed, "reason": "new contract"})
    request = ApprovalRequest.objects.get()
    assert done.status_code == 302
    assert request.payload["lines"][0]["basis_points"] == "150.000"
    assert request.payload["simulation"][0][3:6] == [1, 200, 209]
    listed = maker.get(reverse("admin:approvals_approvalrequest_change", args=[request.pk]))
    assert "1.5" in listed.content.decode() and "209" in listed.content.decode()
    assert "all of it, once all of the payment is refunded" in listed.content.decode()

    decide_approval(
        request_id=request.pk,
        is_approved=True,
        shown_digest=bytes(request.digest),
        decided_by=User.objects.create_user("binta", is_staff=True),
        now=timezone.now(),
    )

    version = plan.versions.get(number=2)
    assert (version.lines.get().fixed, version.fee_return) == (25, "full")


def test_what_was_changed_on_its_way_is_not_asked_for(maker, plan):
    done = maker.post(page("new_version", plan.pk), {"shown": "x:y:z", "reason": "mine"})

    assert done.status_code == 302
    assert not ApprovalRequest.objects.exists()


def test_what_was_shown_of_one_plan_is_not_asked_for_another(maker, plan):
    shown = maker.post(page("new_version", plan.pk), typed(LINE)).content.decode()
    other = FeePlan.objects.get(merchants__merchant=MerchantFactory(fee_basis_points=300))

    signed = re.search(r'name="shown" value="([^"]+)"', shown)[1]
    maker.post(page("new_version", other.pk), {"shown": signed, "reason": "mine"})

    assert not ApprovalRequest.objects.exists()


def test_whoever_decides_reads_what_changes_and_what_stays(maker, plan):
    refund = LINE | {"operation": "refund"}
    shown = maker.post(page("new_version", plan.pk), typed(LINE, refund)).content.decode()
    signed = re.search(r'name="shown" value="([^"]+)"', shown)[1]
    maker.post(page("new_version", plan.pk), {"shown": signed, "reason": "new contract"})

    request = ApprovalRequest.objects.get()
    row = reverse("admin:approvals_approvalrequest_change", args=[request.pk])
    for text in (shown, maker.get(row).content.decode()):
        assert re.search(r"until now:</strong> <del>1\. [^<]*2\xa0%", text)
        assert len(re.findall(r"new:</strong> <ins>[12]\. [^<]*1\.5\xa0%", text)) == 2
        # What refunds give back is as it was.
        assert not re.search(r"<(del|ins)>Refunds", text)


@pytest.mark.parametrize(
    "wrong",
    [{"percent": "101"}, {"fixed": "-1"}, {"fee_min": "5", "fee_max": "4"}, {"percent": "x"}],
)
def test_a_line_that_cannot_be_is_said_and_nothing_is_simulated(maker, plan, wrong):
    answer = maker.post(page("new_version", plan.pk), typed(LINE | wrong))

    assert answer.status_code == 200
    assert 'name="shown"' not in answer.content.decode()


def test_a_plan_is_asked_for_a_merchant(maker, plan):
    other = MerchantFactory(fee_basis_points=0)

    maker.post(
        page("give", plan.pk),
        {"merchant": other.public_id, "reason": "joined", "valid_from_0": "", "valid_from_1": ""},
    )

    request = ApprovalRequest.objects.get()
    assert (request.action, request.target) == ("fee_plan.give", other.public_id)
    assert not MerchantFeePlan.objects.filter(merchant=other).exists()


def test_pages_of_a_plan_show_its_lines(maker, plan):
    shown = maker.get(page("change", plan.pk)).content.decode()

    assert "2\u00a0%" in shown and "Version 1" in shown


def test_who_may_only_look_makes_no_version(login, plan):
    client = login("fees.view_feeplan")

    assert client.get(page("new_version", plan.pk)).status_code == 403
    assert client.get(page("give", plan.pk)).status_code == 403


@pytest.mark.parametrize("name", ["new_version", "give"])
def test_a_plan_that_is_not_there_is_not_found(maker, name):
    assert maker.get(page(name, "00000000-0000-7000-8000-000000000000")).status_code == 404
    assert maker.get(page(name, "x")).status_code == 404


@pytest.mark.django_db(transaction=True)
def test_the_pages_need_no_transaction_around_them(maker):
    plan = FeePlan.objects.get(merchants__merchant=MerchantFactory())

    assert maker.post(page("new_version", plan.pk), typed(LINE)).status_code == 200
    assert maker.post(page("give", plan.pk), {}).status_code == 200


def test_a_line_that_nobody_touched_is_none(maker, plan):
    untouched = dict.fromkeys(LINE, "") | {"operation": "collect", "rounding": "half_up"}

    shown = maker.post(page("new_version", plan.pk), typed(LINE | {"country": "CM"}, untouched))

    assert len(shown.context["tried"].payload["lines"]) == 1


def test_only_a_version_that_has_not_begun_has_a_button_and_is_taken_back(maker, plan):
    change, back = page("change", plan.pk), page("take_back", plan.pk)
    assert back not in maker.get(change).content.decode()
    assert maker.get(back).status_code == 403
    FeePlanVersion.objects.update(valid_until=timezone.now() + timedelta(days=9))
    FeePlanVersion.objects.create(
        plan=plan,
        number=2,
        valid_from=FeePlanVersion.objects.get().valid_until,
        lines_digest="",
        created_at=timezone.now(),
    )

    assert back in maker.get(change).content.decode()
    assert "Version 1 holds on." in maker.get(back).content.decode()
    assert maker.post(back, {"reason": "A slip"}).status_code == 302

    request = ApprovalRequest.objects.get()
    shown = maker.get(reverse("admin:approvals_approvalrequest_change", args=[request.pk]))
    assert "never does" in shown.content.decode()
    decide_approval(
        request_id=request.pk,
        is_approved=True,
        shown_digest=bytes(request.digest),
        decided_by=User.objects.create_superuser("binta"),
        now=timezone.now(),
    )
    html = maker.get(change).content.decode()
    assert "taken back before it began" in html and back not in html


def test_only_a_given_plan_that_has_not_begun_has_a_button_and_is_taken_back(maker, plan):
    first = MerchantFeePlan.objects.get(plan=plan)
    later = timezone.now() + timedelta(days=9)
    other = FeePlan.objects.get(merchants__merchant=MerchantFactory(fee_basis_points=50))
    MerchantFeePlan.objects.filter(pk=first.pk).update(valid_until=later)
    planned = MerchantFeePlan.objects.create(
        merchant=first.merchant, plan=other, valid_from=later, created_at=timezone.now()
    )

    def address(name, given):
        return reverse(f"admin:fees_merchantfeeplan_{name}", args=[given.pk])

    assert maker.get(address("take_back", first)).status_code == 403
    back = address("take_back", planned)
    assert back in maker.get(address("change", planned)).content.decode()
    assert f"{plan.name} holds on." in maker.get(back).content.decode()
    assert maker.post(back, {"reason": "A slip"}).status_code == 302

    request = ApprovalRequest.objects.get()
    decide_approval(
        request_id=request.pk,
        is_approved=True,
        shown_digest=bytes(request.digest),
        decided_by=User.objects.create_superuser("binta"),
        now=timezone.now(),
    )
    html = maker.get(address("change", planned)).content.decode()
    assert "taken back before it began" in html and back not in html
    first.refresh_from_db()
    assert first.valid_until is None
