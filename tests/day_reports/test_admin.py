"""Subscriptions on their pages: one person asks, another approves; what fails is seen to there."""

from __future__ import annotations

import pytest
from django.urls import reverse

from apps.approvals.models import ApprovalRequest
from apps.day_reports.models import ReportSending, ReportSubscription
from tests.approvals.test_pages import decide
from tests.day_reports.rows import new_day, new_sending, new_subscription
from tests.settlement.conftest import staff

pytestmark = pytest.mark.django_db(transaction=True)
P = "admin:day_reports_reportsubscription_"
RIGHTS = [
    f"{verb}_{model}"
    for verb in ("view", "change")
    for model in ("merchantday", "reportsubscription", "reportsending")
]


def test_where_reports_go_is_asked_by_one_and_approved_by_another(clock, merchant):
    maker = staff("awa", *RIGHTS, "add_approvalrequest")
    form = {
        "name": "For finance", "owner": merchant.public_id, "livemode": "test",
        "formats": ["csv", "pdf"], "language": "fr", "first_day": clock.now.date().isoformat(),
        "emails": "a@shop.example\nb@shop.example", "port": "22", "reason": "As they asked.",
    }  # fmt: skip
    for wrong, field in ({"owner": "mer_x"}, "owner"), ({"emails": "nobody"}, "emails"):
        refused = maker.post(reverse(P + "add"), {**form, **wrong})
        assert field in refused.context_data["form"].errors
    assert not ReportSubscription.objects.exists()

    maker.post(reverse(P + "add"), form)
    draft = ReportSubscription.objects.get()
    assert draft.number is None
    decide(staff("binta", "view_approvalrequest", "decide"), ApprovalRequest.objects.get())

    draft.refresh_from_db()
    assert (draft.number, draft.emails) == (1, ["a@shop.example", "b@shop.example"])
    assert draft.approved_by != draft.created_by
    maker.post(reverse(P + "end", args=[draft.pk]), {"reason": "They left."})
    draft.refresh_from_db()
    assert draft.ended_at is not None


def test_what_failed_is_sent_again_or_given_up_by_who_may(clock, merchant):
    day = new_day(merchant, now=clock.now)
    failed = new_sending(new_subscription(merchant, now=clock.now), day, now=clock.now)
    page = reverse("admin:day_reports_reportsending_give_up", args=[failed.pk])
    reader = staff("chidi", "view_reportsending", "view_reportsubscription", "view_merchantday")
    assert reader.post(page, {"reason": "No."}).status_code == 403
    assert reader.post(reverse(P + "add"), {}).status_code == 403
    officer = staff("awa", *RIGHTS)

    for _again in range(2):
        officer.post(page, {"reason": "They have it from us by hand."})

    failed = ReportSending.objects.get()
    assert (failed.status, failed.note) == ("given_up", "They have it from us by hand.")
    assert officer.get(page).status_code == 200


def test_the_files_of_a_day_are_for_who_may_see_it(clock, merchant):
    day = new_day(merchant, now=clock.now)
    page = reverse("admin:day_reports_file", args=[day.pk, "csv"])

    assert staff("awa", *RIGHTS).get(page).status_code == 200
    assert staff("chidi", "view_payment").get(page).status_code in (403, 404)
    assert staff("dede", *RIGHTS).get(page.replace("csv", "doc")).status_code == 404
