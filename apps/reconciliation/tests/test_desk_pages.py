"""The desk of discrepancies: what stands on it, and what its acts do and leave out."""

from dataclasses import replace
from datetime import timedelta
from html import unescape

import pytest
from django.apps import apps
from django.contrib.auth.models import Permission, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from apps.approvals.models import ApprovalEvidence, ApprovalRequest
from apps.core.models import OutboxMessage
from apps.core.public_ids import new_id
from apps.reconciliation.models import Discrepancy, DiscrepancyEvent, SavedView
from apps.reconciliation.selectors import worklist as module
from apps.reconciliation.selectors.worklist import PAGE_ROWS, page_of, read_wanted, worklist
from apps.reconciliation.services.match_by_hand import match_by_hand
from tests.factories import PaymentFactory, ProviderAccountFactory
from tests.query_plans import plan_of, rows_of

from .reports import DAY, NOON, foreign_line, line_of, stage_and_match

pytestmark = pytest.mark.django_db
DESK = reverse("admin:reconciliation_desk")
ENGLISH = {"HTTP_ACCEPT_LANGUAGE": "en"}


@pytest.fixture
def account():
    return ProviderAccountFactory()


@pytest.fixture
def staff(client):
    def log_in(*codenames):
        person = User.objects.create_user("awa", is_staff=True)
        person.user_permissions.set(Permission.objects.filter(codename__in=codenames))
        client.force_login(person)
        return person

    return log_in


def strangers(account, count, first=0):
    lines = [
        foreign_line(provider_reference=f"TX-{first + n}", amount=100 + n) for n in range(count)
    ]
    stage_and_match(account, *lines)
    return list(Discrepancy.objects.order_by("id"))


def keys(*rows):
    return [f"{row.pk}.{row.sequence}" for row in rows]


def act(client, name, rows, **values):
    return client.post(
        reverse("admin:reconciliation_desk_act", args=[name]),
        {"action": name, "d": keys(*rows), **values},
        follow=True,
        **ENGLISH,
    )


def text_of(answer):
    return unescape(answer.content.decode())


def test_desk_costs_the_same_however_long_it_is(admin_client, account):
    def queries():
        with CaptureQueriesContext(connection) as captured:
            assert admin_client.get(DESK).status_code == 200
        return len(captured)

    strangers(account, 2)
    queries()
    few = queries()
    strangers(account, 12, first=2)

    assert queries() == few


@pytest.mark.parametrize("order", ["age", "value"])
def test_pages_of_the_desk_follow_each_other_without_gap_or_repeat(
    admin_client, account, monkeypatch, order
):
    monkeypatch.setattr(module, "PAGE_ROWS", 3)
    rows = strangers(account, 8)
    Discrepancy.objects.filter(pk__in=[row.pk for row in rows[:4]]).update(value_at_risk=-5)
    seen, query = [], {"order": order}
    for _page in range(3):
        answer = admin_client.get(DESK, query)
        seen += [row["pk"] for row in answer.context["rows"]]
        after = dict(
            part.split("=") for part in answer.context["next_query"].split("&") if part
        ).get("after")
        query = {"order": order, "after": after}

    assert len(seen) == len(set(seen)) == 8
    assert after is None
    if order == "age":
        assert seen == sorted(seen)


def test_desk_sums_what_may_be_lost_and_what_is_owed(admin_client, account):
    PaymentFactory(succeeded=True, account=account, created_at=NOON, amount=900)
    stage_and_match(account, foreign_line())

    answer = admin_client.get(DESK, **ENGLISH)

    ((count, currency, lost, owed),) = answer.context["sums"]
    assert (count, currency) == (2, "XAF")
    assert "900" in lost
    assert "700" in owed


def test_both_sides_stand_beside_each_other_with_the_history(admin_client, account):
    payment = PaymentFactory(succeeded=True, account=account, created_at=NOON)
    stage_and_match(account, line_of(payment, amount=4_900))
    row = Discrepancy.objects.get()
    act(admin_client, "comment", [row], reason="Asked the provider by phone.")

    page = text_of(admin_client.get(reverse("admin:reconciliation_row", args=[row.pk])))

    for expected in (
        payment.public_id,
        payment.attempts.get().public_id,
        "report_2026-03-10.json",
        "Asked the provider by phone.",
        "admin",
    ):
        assert expected in page


def test_bulk_act_leaves_out_what_changed_since_it_was_shown_and_says_so(admin_client, account):
    rows = strangers(account, 3)
    Discrepancy.objects.filter(pk=rows[1].pk).update(their_amount=5)

    answer = act(admin_client, "resolve", rows, reason="One shop's.")

    assert set(Discrepancy.objects.values_list("pk", "status")) == {
        (rows[0].pk, "resolved"),
        (rows[1].pk, "open"),
        (rows[2].pk, "resolved"),
    }
    text = text_of(answer)
    assert "Done for 2 discrepancies." in text
    assert f"Left out: {rows[1].public_id}." in text
    assert (
        DiscrepancyEvent.objects.filter(act="resolve").values("decision_id").distinct().count() == 1
    )


def test_list_with_its_sums_is_shown_before_anything_is_done(admin_client, account):
    rows = strangers(account, 2)

    answer = admin_client.get(
        reverse("admin:reconciliation_desk_act", args=["write_off"]),
        {"d": keys(*rows)},
        **ENGLISH,
    )

    text = text_of(answer)
    for row in rows:
        assert row.public_id in text
    assert "201" in text
    assert Discrepancy.objects.filter(status="open").count() == 2


def test_a_hundred_are_resolved_at_once_and_come_back_at_once(admin_client, account):
    rows = strangers(account, 100)

    act(admin_client, "resolve", rows, reason="One shop's.")
    assert not Discrepancy.objects.filter(status="open").exists()
    page = admin_client.get(DESK)
    undone = admin_client.post(
        reverse("admin:reconciliation_undo"),
        {"action": "undo", "decision": page.context["undo"]["decision_id"]},
        follow=True,
        **ENGLISH,
    )

    assert "100 discrepancies are as before." in text_of(undone)
    assert Discrepancy.objects.filter(status="open", owner=None, resolution="").count() == 100


def test_expected_later_is_off_the_list_until_its_day(admin_client, account, monkeypatch):
    (row,) = strangers(account, 1)
    until = timezone.now().date() + timedelta(days=2)

    act(admin_client, "expect", [row], reason="Monday's file.", until=until.isoformat())

    assert not admin_client.get(DESK).context["rows"]
    assert [one["pk"] for one in admin_client.get(DESK, {"show": "expected"}).context["rows"]] == [
        row.pk
    ]
    row.refresh_from_db()
    assert (row.status, row.expected_until) == ("open", until)
    Discrepancy.objects.update(expected_until=timezone.now().date())
    assert [one["pk"] for one in admin_client.get(DESK).context["rows"]] == [row.pk]


def test_asking_the_provider_is_promised_once_for_each(admin_client, account):
    payment = PaymentFactory(succeeded=True, account=account, created_at=NOON)
    stage_and_match(account, line_of(payment, amount=4_900), foreign_line())
    rows = list(Discrepancy.objects.order_by("kind"))

    answer = act(admin_client, "ask", rows, reason="Who is right?")

    message = OutboxMessage.objects.get(topic="reconciliation.ask_provider")
    assert message.payload["attempt_id"] == str(payment.attempts.get().pk)
    assert "no attempt of ours" in text_of(answer)


def test_match_and_write_off_wait_for_another_person(admin_client, account):
    payment = PaymentFactory(succeeded=True, account=account, created_at=NOON, amount=700, fee=0)
    stage_and_match(account, foreign_line(), foreign_line(provider_reference="TX-2", amount=30))
    line, other = Discrepancy.objects.filter(kind="unknown_to_us").order_by("their_amount")[::-1]

    act(
        admin_client,
        "match",
        [line],
        reason="Same number.",
        attempts=payment.attempts.get().public_id,
        explained_as="",
    )
    letter = SimpleUploadedFile("letter.txt", b"Keep it.")
    act(admin_client, "write_off", [other], reason="Nobody claims it.", file=letter)

    assert ApprovalEvidence.objects.get().request.action == "discrepancy.write_off"
    assert set(ApprovalRequest.objects.values_list("action", "status")) == {
        ("discrepancy.match", "pending"),
        ("discrepancy.write_off", "pending"),
    }
    assert Discrepancy.objects.filter(status="open").count() == 3
    for request in ApprovalRequest.objects.all():
        page = admin_client.get(
            reverse("admin:approvals_approvalrequest_change", args=[request.pk]), **ENGLISH
        )
        assert request.reason in text_of(page)


def test_an_attempt_that_no_report_has_finds_its_line_and_two_people_match_them(
    admin_client, account
):
    PaymentFactory(succeeded=True, account=account, created_at=NOON, amount=710, fee=0)
    kept, dear, other_day = (
        foreign_line(provider_reference=name, **more)
        for name, more in (
            ("TX-1", {}),
            ("TX-2", {"amount": 5_000}),
            ("TX-3", {"amount": 710, "occurred_at": (NOON - timedelta(days=4)).isoformat()}),
        )
    )
    stage_and_match(account, kept, dear, other_day)
    row = Discrepancy.objects.get(kind="unknown_to_them")
    line = Discrepancy.objects.get(line__provider_reference="TX-1")

    page = admin_client.get(
        reverse("admin:reconciliation_desk_act", args=["match"]),
        {"d": f"{row.pk}.{row.sequence}"},
        **ENGLISH,
    )
    assert [one["public_id"] for one in page.context["candidates"]] == [line.public_id]
    refused = act(admin_client, "match", [row], reason="Same shop.", candidate=line.public_id)
    assert "say whether it is a fee or a rounding" in text_of(refused)
    for wrong in ("", row.public_id, f"{line.public_id} {line.public_id}"):
        act(admin_client, "match", [row], reason="Same shop.", line=wrong, explained_as="fee")
    assert not ApprovalRequest.objects.exists()

    values = {"candidate": line.public_id, "explained_as": "fee"}
    act(admin_client, "match", [row], reason="They kept ten.", **values)

    asked = ApprovalRequest.objects.get()
    assert (asked.action, asked.target) == ("discrepancy.match", line.public_id)
    match_by_hand(
        asked.payload,
        requested_by=f"user:{asked.requested_by_id}",
        approved_by=f"user:{User.objects.create_user('binta').pk}",
        reason=asked.reason,
        now=NOON,
    )
    assert set(
        Discrepancy.objects.filter(pk__in=[row.pk, line.pk]).values_list("status", flat=True)
    ) == {"matched"}


def test_desk_needs_the_right_to_look_and_its_acts_the_right_to_decide(client, account, staff):
    rows = strangers(account, 1)
    staff("view_statement")
    assert client.get(DESK).status_code == 403
    User.objects.all().delete()
    staff("view_discrepancy")
    assert client.get(DESK).status_code == 200
    assert "Resolve" not in text_of(client.get(DESK, **ENGLISH))
    for name in ("resolve", "expect", "match", "write_off", "comment", "take"):
        assert act(client, name, rows, reason="Because.").status_code == 403

    assert not DiscrepancyEvent.objects.exists()


def test_act_of_another_name_is_not_spared_the_password(admin_client, account):
    rows = strangers(account, 1)

    answer = admin_client.post(
        reverse("admin:reconciliation_desk_act", args=["write_off"]),
        {"action": "resolve", "d": keys(*rows), "reason": "x"},
    )

    assert answer.status_code == 400
    assert not ApprovalRequest.objects.exists()


@pytest.mark.parametrize("decision", ["", "x", "01980000-0000-7000-8000-000000000000"])
def test_what_was_never_decided_is_not_undone(admin_client, account, decision):
    answer = admin_client.post(
        reverse("admin:reconciliation_undo"), {"action": "undo", "decision": decision}
    )

    assert answer.status_code in {302, 404}
    assert not DiscrepancyEvent.objects.exists()


@pytest.mark.parametrize(
    "query",
    [
        "row=x", "after=x", "after=9.x&order=value", "account=pa_1", "kind=x", "show=x",
        "currency=%00", "d=1.2&d=x",
    ],
)  # fmt: skip
def test_bad_addresses_are_no_errors_of_ours(admin_client, account, query):
    strangers(account, 1)

    assert admin_client.get(f"{DESK}?{query}").status_code == 200
    page = reverse("admin:reconciliation_desk_act", args=["resolve"])
    assert admin_client.get(f"{page}?{query}").status_code == 302


def test_view_is_a_persons_own_and_can_be_removed(admin_client, account):
    page = reverse("admin:reconciliation_views")
    admin_client.post(
        page, {"action": "view", "name": "Big ones", "back": "order=value&show=nobody"}
    )

    assert SavedView.objects.get().query == "order=value&show=nobody"
    assert "Big ones" in text_of(admin_client.get(DESK))
    admin_client.post(page, {"action": "view", "remove": "Big ones"})
    assert not SavedView.objects.exists()


def test_ticket_about_it_is_filled_in_and_found_on_it_again(admin_client, account):
    (row,) = strangers(account, 1)
    url = admin_client.get(DESK, **ENGLISH).context["pane"]["ticket_url"]

    form = admin_client.get(url, **ENGLISH).context["form"]
    values = {
        name: form.get_initial_for_field(field, name) or "" for name, field in form.fields.items()
    }
    admin_client.post(reverse("admin:support_tickets_ticket_add"), {**values, "category": "other"})

    page = text_of(admin_client.get(reverse("admin:reconciliation_row", args=[row.pk])))
    # A room above this one.
    ticket = apps.get_model("support_tickets", "Ticket").objects.get()
    assert ticket.shown_number in page


@pytest.mark.parametrize("order", ["age", "value"])
def test_page_reads_its_own_rows_however_many_are_open(account, order):
    stage_and_match(account, foreign_line())
    first = Discrepancy.objects.get()
    Discrepancy.objects.bulk_create(
        Discrepancy(
            kind="unknown_to_us",
            provider_account=account,
            statement=first.statement,
            attempt_id=new_id(),
            their_amount=n,
            currency="XAF",
            opened_at=first.opened_at,
        )
        for n in range(3_000)
    )
    wanted = read_wanted({"order": order, "kind": "unknown_to_us"})
    rows = worklist(Discrepancy.objects.all(), wanted, person_id=1, today=DAY)
    with CaptureQueriesContext(connection) as captured:
        _page, after = page_of(rows, wanted)
        page_of(rows, replace(wanted, after=after))

    for query in captured:
        plan = plan_of(query["sql"])
        assert rows_of(plan, "reconciliation_discrepancy") <= 4 * PAGE_ROWS
