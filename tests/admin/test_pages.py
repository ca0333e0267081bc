from __future__ import annotations

import re

import pytest
from django.contrib import admin as django_admin
from django.contrib.auth.models import User
from django.db import connection
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from unfold.sites import UnfoldAdminSite

from apps.approvals.models import ApprovalRule
from apps.core.admin import LIST_ZONE, ReadOnlyAdmin
from apps.day_reports.models import ReportSubscription
from apps.disputes.models import Dispute
from apps.payments.models import Payment
from apps.payout_batches.models import PayoutBatch
from apps.reconciliation.models import FeeFigures, StatementFigures
from apps.refunds.models import Refund
from apps.reporting.models import StaffScope
from apps.settlement.models import BankFile, SettlementTerms
from apps.statement_sources.models import StatementSource
from apps.support_tickets.models import Ticket
from tests.admin.conftest import MSISDN, make_rows

MODELS = sorted(django_admin.site._registry, key=lambda model: model._meta.label)
READ_ONLY = [
    model for model in MODELS if isinstance(django_admin.site._registry[model], ReadOnlyAdmin)
]

# The payer's number with its country code or without, in one piece or in groups.
NUMBER = re.compile(r"6[\s.\-]?77[\s.\-]?00[\s.\-]?00[\s.\-]?01")

# By services, on pages of their own.
MADE_ELSEWHERE = {
    Refund, Ticket, Dispute, PayoutBatch, ApprovalRule, BankFile, SettlementTerms,
    StatementSource, ReportSubscription, StaffScope,
}  # fmt: skip


def address(model, page, *args):
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


def test_every_list_and_every_page_answers_and_shows_no_number_and_one_zone(admin):
    make_rows(2)
    admin.cookies["django_language"] = "fr"

    for model in MODELS:
        row = model._default_manager.first()
        assert row is not None, model
        for url in (address(model, "changelist"), address(model, "change", row.pk)):
            answer = admin.get(url)
            assert answer.status_code == 200, url
            html = answer.content.decode()
            assert 'lang="fr"' in html
            assert not NUMBER.search(html), url
            assert MSISDN not in html
            if url.endswith("/change/"):
                continue
            text = re.sub(r"<[^>]+>|&nbsp;|\u00a0", " ", html)
            assert set(re.findall(r"\d\d:\d\d:\d\d (\w+)", text)) <= {LIST_ZONE}, url


def test_a_list_costs_the_same_however_long_it_is(admin):
    lists = [address(model, "changelist") for model in MODELS]
    make_rows(2)
    # What is asked once and kept: of all lists it is gone now, of one it is less than for six rows.
    admin.get(lists[0])
    short = {url: _count(admin, url) for url in lists}
    make_rows(6)

    assert [url for url in lists if _costs_more(admin, url, than=short[url])] == []


def test_no_long_list_counts_its_table(admin):
    make_rows(1)

    # What lists none of its rows shows figures, of the statements of some days.
    for model in [one for one in READ_ONLY if one not in (FeeFigures, StatementFigures)]:
        with CaptureQueriesContext(
            connection,
        ) as captured:
            admin.get(address(model, "changelist"))
        table = f'FROM "{model._meta.db_table}"'
        counts = [q["sql"] for q in captured if "COUNT(" in q["sql"] and table in q["sql"]]
        assert not counts, counts


def test_a_payments_page_costs_the_same_however_much_happened(admin):
    make_rows(1)
    payment = Payment.objects.get(status="succeeded")
    url = address(Payment, "change", payment.pk)
    short = _queries(admin, url)
    for change in list(payment.history.all()) * 3:
        change.pk = change.sequence = None
        change.save(force_insert=True)

    assert not _costs_more(admin, url, than=short)


def test_what_is_read_only_cannot_be_written_even_by_a_superuser(admin):
    make_rows(1)

    for model in READ_ONLY:
        row = model._default_manager.first()
        # tests/refunds/test_admin.py,
        # tests/support_tickets/test_admin.py, tests/disputes/test_staff.py,
        # tests/payout_batches/test_admin.py, tests/approvals/test_pages.py,
        # tests/settlement/test_admin.py, tests/statement_sources/test_admin.py,
        # tests/day_reports/test_admin.py, tests/access/test_one_person_tries.py.
        added = 200 if model in MADE_ELSEWHERE else 403
        assert admin.post(address(model, "add"), {}).status_code == added, model
        assert admin.post(address(model, "change", row.pk), {}).status_code == 403, model
        delete = admin.post(address(model, "delete", row.pk), {"post": "yes"})
        assert delete.status_code == 403, model
        assert model._default_manager.filter(pk=row.pk).exists(), model


def test_a_search_names_the_id_that_its_rows_have(admin):
    make_rows(1)
    named, wrong = 0, {}
    for model in MODELS:
        row = model._default_manager.first()
        said = str(django_admin.site._registry[model].search_help_text or "")
        shown = re.findall(r"\b([a-z]+)_…", said)
        if shown and hasattr(row, "public_id"):
            named += 1
            if row.public_id.split("_")[0] not in shown:
                wrong[model.__name__] = said

    assert named > 10
    assert wrong == {}


@pytest.mark.parametrize("text", ["%", "nobody", "pay_", "0" * 500, "'; --", "été"])
def test_any_search_is_answered(db, text):
    # The rows alone: to draw the page is what it costs.
    request = RequestFactory().get("/admin/", {"q": text})
    request.user = User.objects.create_superuser("awa")
    for model_admin in (django_admin.site._registry[one] for one in MODELS):
        if model_admin.search_fields:
            found = model_admin.get_changelist_instance(request)
            assert found.query == text
            assert list(found.result_list) == []


def test_nothing_outside_is_asked_for(admin):
    make_rows(1)

    html = admin.get(reverse("admin:index")).content.decode()

    assert not re.search(r'(src|href)="(https?:)?//', html)


def test_the_language_can_be_switched(admin):
    answer = admin.post(reverse("set_language"), {"language": "en", "next": "/admin/"})

    assert answer.status_code == 302
    assert 'lang="en"' in admin.get("/admin/").content.decode()


def test_who_may_see_nothing_sees_nothing(login):
    make_rows(1)
    client = login()

    assert client.get(reverse("admin:index")).status_code == 200
    for model in MODELS:
        assert client.get(address(model, "changelist")).status_code == 403


def test_the_first_page_costs_the_same_however_many_payments(admin):
    make_rows(2)
    short = _queries(admin, reverse("admin:index"))
    make_rows(6)

    assert not _costs_more(admin, reverse("admin:index"), than=short)


def test_no_page_asks_what_may_be_seen_of_every_model_but_those_that_list_them(admin, monkeypatch):
    asked = []
    of_django = UnfoldAdminSite.get_app_list
    monkeypatch.setattr(
        UnfoldAdminSite,
        "get_app_list",
        lambda site, *given: asked.append(given) or of_django(site, *given),
    )

    admin.get(address(Payment, "changelist"))
    asked_by_a_list = list(asked)
    application = admin.get(reverse("admin:app_list", args=["payments"]))

    assert asked_by_a_list == []
    assert len(asked) == 1
    assert [each["app_label"] for each in application.context["app_list"]] == ["payments"]


def test_the_first_page_tells_the_last_day(admin):
    make_rows(3)
    admin.cookies["django_language"] = "en"

    context = admin.get(reverse("admin:index") + "?mode=test").context

    figures = {str(tile.title): tile.value for tile in context["tiles"]}
    assert "15\u202f000 XAF" in figures.values()
    assert "100.0 %" in figures.values()
    assert {status["value"]: status["count"] for status in context["statuses"]} == {
        "verifying": 3,
        "succeeded": 3,
    }


def _queries(client, url):
    client.get(url)
    return _count(client, url)


def _costs_more(client, url, *, than):
    """Twice: once it may be that which notes that the session goes on."""
    return all(_count(client, url) > than for _time in range(2))


def _count(client, url):
    with CaptureQueriesContext(connection) as captured:
        assert client.get(url).status_code == 200
    return len(captured)
