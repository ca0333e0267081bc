"""What people upload is kept at once, read by a worker, and counts once, whatever happens."""

from __future__ import annotations

from datetime import timedelta
from html import unescape
from io import BytesIO

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from apps.audit.models import AuditEntry
from apps.reconciliation.models import Statement
from apps.reconciliation.services.withdraw_statement import withdraw_statement
from apps.reconciliation.tests.reports import DAY, another_matched, foreign_line, match
from apps.statement_formats.rules import check_size
from apps.statement_sources.models import ReceivedFile, StatementSource
from apps.statement_sources.rules.refusals import SourceInvalid
from apps.statement_sources.rules.source_order import order_of
from apps.statement_sources.services.discard_file import discard_file
from apps.statement_sources.services.receive_upload import receive_upload
from apps.statement_sources.services.save_source import save_source
from apps.statement_sources.transports.piece_store import read_pieces
from tests.factories import ProviderAccountFactory
from tests.reporting.test_report_page import staff
from tests.statement_sources.conftest import MAKER, MORNING, make_source, read_all, the_file

__all__ = ["staff"]

pytestmark = pytest.mark.django_db

PAGE = "/admin/statement_sources/receivedfile/upload/"
VIEWS = ("add_statement", "view_statement")


def upload(account, text, *, day=DAY, days=1, name="report.json", now=MORNING):
    return receive_upload(
        account=account,
        day=day,
        days=days,
        file=BytesIO(text.encode()),
        file_name=name,
        actor=MAKER,
        now=now,
    )


def send(client, account, text, *, day="2026-03-10", days=1, name="report.json"):
    file = SimpleUploadedFile(name, text.encode())
    form = {"account": account.pk, "day": day, "days": days, "file": file}
    answer = client.post(PAGE, form, follow=True, headers={"accept-language": "en"})
    return answer, unescape(answer.content.decode())


def progress(client):
    address = reverse("admin:statement_sources_receivedfile_progress", args=[the_file().pk])
    return unescape(client.get(address, headers={"accept-language": "en"}).content.decode())


def test_a_report_is_kept_as_it_came_then_read_then_matched_and_the_page_says_so(
    admin_client, account, morning
):
    text = foreign_line() + "\r\n"

    answer, shown = send(admin_client, account, text, name="mtn report.json")

    assert answer.redirect_chain[-1][0].endswith("/progress/")
    assert not Statement.objects.exists()
    assert b"".join(read_pieces(the_file().pk)) == text.encode()
    assert AuditEntry.objects.get(action="received_file.upload").target == the_file().public_id
    assert 'value="33"' in shown and 'hx-trigger="every 3s"' in shown
    with another_matched(account):
        read_all()
    statement = Statement.objects.get()
    assert (statement.file_name, statement.day, statement.lines_read) == ("mtn report.json", DAY, 1)
    assert 'value="66"' in progress(admin_client)
    match(statement, now=MORNING)
    shown = progress(admin_client)
    assert 'value="100"' in shown and 'hx-trigger="every' not in shown
    assert reverse("admin:reconciliation_statement_change", args=[statement.pk]) in shown


def test_the_same_file_is_one_report_until_that_is_withdrawn(account, morning):
    first, is_new = upload(account, foreign_line())
    again, is_again = upload(account, foreign_line())
    read_all()
    late, is_late = upload(account, foreign_line())
    assert (is_new, is_again, is_late) == (True, False, False)
    assert first.pk == again.pk == late.pk == the_file().pk
    awa, binta = (User.objects.create_user(name) for name in ("awa", "binta"))
    withdraw_statement(
        statement_id=Statement.objects.get().pk, reason="Wrong.", requested_by=awa,
        approved_by=binta, now=MORNING,
    )  # fmt: skip

    assert upload(account, foreign_line())[1]
    read_all()

    assert sorted(Statement.objects.values_list("status", flat=True)) == ["matched", "withdrawn"]
    assert ReceivedFile.objects.count() == StatementSource.objects.count() == 1


def test_days_without_movements_are_as_many_reports_though_their_files_are_alike(account, morning):
    for back in (0, 1):
        upload(account, "null\n", day=DAY - timedelta(days=back))
    read_all()

    assert Statement.objects.count() == 2


@pytest.mark.parametrize(
    ("line", "day", "why"),
    [
        ("cut;off", "2026-03-10", "Not one line could be read. Line 1: not JSON"),
        (foreign_line(occurred_at="2026-03-20T11:00:00Z"), "2026-03-10", "are of 2026-03-20"),
        (foreign_line(currency="XOF"), "2026-03-10", "are in XOF"),
        (foreign_line(), "2126-03-10", "has not come yet"),
    ],
    ids=["unreadable", "other days", "other currency", "future"],
)
def test_what_cannot_be_read_says_why_and_is_read_again_when_sent_again(
    admin_client, account, morning, line, day, why
):
    send(admin_client, account, line, day=day)
    read_all()

    assert why in progress(admin_client)
    assert the_file().status == "quarantined"
    assert not Statement.objects.exists()
    send(admin_client, account, line, day=day)
    assert (the_file().status, the_file().waiting_since) == ("fetched", None)


def test_what_was_discarded_and_comes_again_bears_nobodys_note(account, morning):
    upload(account, "cut;off")
    read_all()
    discard_file(file_id=the_file().pk, reason="No report.", actor=MAKER, now=MORNING)

    upload(account, "cut;off")

    assert (the_file().status, the_file().closed_by, the_file().note) == ("fetched", "", "")


def test_what_is_no_file_is_refused_at_once(admin_client, account, monkeypatch):
    _, empty = send(admin_client, account, " \n")
    _, days = send(admin_client, account, foreign_line(), days=32)
    monkeypatch.setattr(check_size, "FILE_BYTES_MAX", 10)
    _, large = send(admin_client, account, foreign_line())

    assert "The file is empty." in empty
    assert "31" in days
    assert "The file is too large" in large
    assert not ReceivedFile.objects.exists()


def test_whoever_may_not_sees_no_upload_and_nobody_anothers(staff, morning):
    theirs = ProviderAccountFactory(country="GA")
    upload(theirs, foreign_line())
    address = reverse("admin:statement_sources_receivedfile_progress", args=[the_file().pk])
    bound = staff(countries=["CM"], permissions=VIEWS)

    assert bound.get(address).status_code == 404
    assert send(bound, theirs, foreign_line())[0].status_code == 200
    assert ReceivedFile.objects.count() == 1
    assert staff(permissions=("view_statement",)).get(PAGE).status_code == 403
    assert staff(permissions=("view_statement",)).get(address).status_code == 403


def test_a_source_of_uploads_is_made_by_uploads_alone_and_never_looked_at(admin_client, account):
    upload(account, foreign_line())
    source = StatementSource.objects.get()

    with pytest.raises(SourceInvalid):
        make_source(account, way="upload")
    with pytest.raises(SourceInvalid):
        save_source(source=source, order=order_of(source), actor=MAKER, now=MORNING)
    assert (source.is_enabled, source.due_at) == (False, None)
    page = reverse("admin:statement_sources_statementsource_edit", args=[source.pk])
    assert admin_client.get(page).status_code == 404
    shown = reverse("admin:statement_sources_statementsource_change", args=[source.pk])
    assert admin_client.get(shown).status_code == 200
