"""A provider's file of disputes opens each of its cases once, and loses no line."""

from __future__ import annotations

import io
import re
from datetime import timedelta
from importlib import import_module
from io import StringIO
from threading import Barrier, Thread
from uuid import uuid4

import pytest
from django.contrib.auth.models import Permission, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.audit.models import AuditEntry
from apps.core.public_ids import new_id
from apps.core.work.topics import routes
from apps.disputes.admin import dispute_files as admin_module
from apps.disputes.management.commands import import_dispute_file as command_module
from apps.disputes.models import Dispute, DisputeFile, DisputeFileLine, Reason
from apps.disputes.services.decide_line import LineUnreadable, decide_line
from apps.disputes.services.import_dispute_file import (
    DisputeFileTooLarge,
    UnreadableDisputeFile,
    import_dispute_file,
)
from apps.disputes.services.open_dispute_from_line import open_dispute_from_line
from apps.providers.contract import ReadsDisputes
from apps.providers.kit.dispute_report import DISPUTE_LAYOUT, REASONS, read_dispute_report
from apps.providers.models import ProviderAccount
from apps.providers.registry import CONNECTORS
from tests.fakes import open_account

service_module = import_module("apps.disputes.services.import_dispute_file")

pytestmark = pytest.mark.django_db

HEAD = "case;reference;provider_reference;amount;currency;reason;date;due_date"


class Reader:
    def __init__(self, layout=DISPUTE_LAYOUT):
        self.layout = layout

    def read_disputes(self, file):
        return read_dispute_report(file, self.layout)


def line_of(payment, case="C-1", **changes):
    attempt = payment.attempts.get(status="succeeded")
    cells = {
        "case": case,
        "reference": attempt.statement_reference,
        "provider_reference": attempt.provider_reference,
        "amount": str(payment.amount),
        "currency": payment.currency,
        "reason": "FRAD",
        "date": "2026-03-01T08:00:00Z",
        "due_date": "2026-03-09T08:00:00Z",
        **changes,
    }
    return ";".join(cells.values())


def file_of(*lines, head=HEAD):
    return io.BytesIO("\n".join([head, *lines]).encode())


@pytest.fixture
def take(account, clock):
    """Import a file of these lines and do what is due; what became of each line."""

    def run(*lines, head=HEAD, to=account, layout=DISPUTE_LAYOUT):
        kept, _is_new = import_dispute_file(
            provider_account=to,
            file=file_of(*lines, head=head),
            file_name="disputes.csv",
            reader=Reader(layout),
            actor="system",
            now=clock.now,
        )
        work(clock)
        return list(DisputeFileLine.objects.filter(file=kept).order_by("line_number"))

    return run


def work(clock):
    route = routes()["dispute.open_from_file"]
    for item in route.source.claim(limit=100, now=clock.now, done=[]):
        route.load_handler()(item)


def test_a_files_name_is_kept_without_a_number_and_with_nothing_hidden(account, paid, clock):
    kept, _is_new = import_dispute_file(
        provider_account=account,
        file=file_of(line_of(paid())),
        file_name="/home/awa/237677123456 \u202evsc.csv\x00",
        reader=Reader(),
        actor="system",
        now=clock.now,
    )

    written = f"{kept.file_name} {AuditEntry.objects.get(action='dispute.import_file').detail}"
    assert [part for part in ("677123", "\u202e", "\x00") if part in written] == []
    assert kept.file_name.endswith(" vsc.csv")


def test_no_refund_is_waited_for_once_its_payment_is_locked(paid, take):
    """Whoever holds one that came in between waits for its payment: a deadlock."""
    payment = paid()

    with CaptureQueriesContext(connection) as queries:
        assert told(take(line_of(payment))) == [("opened", "")]

    asked = [one["sql"] for one in queries]
    locked = next(n for n, sql in enumerate(asked) if _locks(sql, "payments_payment"))
    assert not [
        sql for sql in asked[locked:] if _locks(sql, "refunds_refund") and "SKIP LOCKED" not in sql
    ]


def _locks(sql, table):
    return re.search(rf'FROM "?{table}"?\b.*\bFOR (NO KEY )?UPDATE', sql, re.DOTALL) is not None


def told(lines):
    return [(line.status, line.problem) for line in lines]


def test_each_line_opens_its_dispute_with_what_the_provider_says(paid, take, clock, broken_books):
    first, second = paid(), paid()

    lines = take(
        line_of(first, "C-1"),
        line_of(second, "C-2", reason="duplicate", amount="2 500", due_date=""),
    )

    assert told(lines) == [("opened", "")] * 2
    one, two = (line.dispute for line in lines)
    assert (one.payment_id, one.amount, one.reason) == (first.pk, 10_000, "fraud")
    assert (one.opened_by, one.provider_reference) == ("provider", "C-1")
    assert f"{one.evidence_due_at:%Y-%m-%d}" == "2026-03-09"
    assert (two.amount, two.reason) == (2_500, "duplicate")
    assert two.evidence_due_at == clock.now + timedelta(days=7)
    assert broken_books() == {}


def test_the_same_file_twice_and_one_that_overlaps_open_nothing_twice(paid, take):
    first, second = paid(), paid()
    take(line_of(first, "C-1"))
    take(line_of(first, "C-1"))
    lines = take(line_of(first, "C-1"), line_of(second, "C-2"), line_of(second, "C-2"))

    assert told(lines) == [("seen_before", ""), ("opened", ""), ("seen_before", "")]
    assert (DisputeFile.objects.count(), Dispute.objects.count()) == (2, 2)
    assert AuditEntry.objects.filter(action="dispute.import_file").count() == 2


def test_a_case_that_is_decided_is_not_opened_again_by_a_late_file(paid, take, decide):
    payment = paid()
    [line] = take(line_of(payment))
    decide(line.dispute, 0)

    [again] = take(line_of(payment), "", "")

    assert told([again]) == [("seen_before", "")]
    assert again.dispute_id == line.dispute_id


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"reference": "nobody", "provider_reference": "nobody"}, "payment_unknown"),
        ({"currency": "XOF"}, "currency_differs"),
        ({"amount": "10001"}, "dispute_exceeds_payment"),
        ({"due_date": "2031-03-09T08:00:00Z"}, "evidence_date_implausible"),
        ({"reason": "because"}, "unreadable_line"),
        ({"amount": "many"}, "unreadable_line"),
        ({"amount": "0"}, "unreadable_line"),
        ({"case": ""}, "unreadable_line"),
        ({"case": "C" * 65}, "unreadable_line"),
        ({"date": "yesterday"}, "unreadable_line"),
    ],
)
def test_a_line_that_cannot_be_followed_needs_a_person_and_costs_no_other(
    paid, take, changes, problem, broken_books
):
    lines = take(line_of(paid(), "C-9"), line_of(paid(), **changes))

    assert told(lines) == [("opened", ""), ("needs_person", problem)]
    assert Dispute.objects.count() == 1
    assert broken_books() == {}


def test_a_payment_of_another_account_is_not_known_to_this_one(paid, take):
    other = open_account(operations=["collect", "refund"])

    assert told(take(line_of(paid(account=other)))) == [("needs_person", "payment_unknown")]


def test_what_another_account_collected_after_this_one_failed_needs_a_person(paid, take, account):
    payment = paid(account=open_account(operations=["collect", "refund"]))
    failed = payment.attempts.get()
    failed.pk, failed.reference = new_id(), uuid4()
    failed.statement_reference, failed.provider_reference = str(failed.reference), "theirs"
    failed.provider_account, failed.status = account, "failed"
    failed.failure_code, failed.amount_received = "payer_rejected", None
    failed.save(force_insert=True)

    [line] = take(line_of(payment, reference=failed.statement_reference, provider_reference=""))

    assert told([line]) == [("needs_person", "not_collected_here")]
    assert Dispute.objects.count() == 0


def test_a_payment_disputed_otherwise_and_a_number_of_two_cases_need_a_person(paid, take, dispute):
    disputed, one, two = paid(), paid(), paid()
    dispute(disputed, 500, opened_by="payer")

    lines = take(
        line_of(disputed, "C-1"),
        line_of(one, "C-2"),
        line_of(two, "C-2"),
        line_of(one, "C-2", amount="7"),
    )

    assert [line.problem for line in lines] == [
        "dispute_exists",
        "",
        "case_differs",
        "case_differs",
    ]


def test_a_line_after_its_date_is_decided_without_the_merchant_and_not_lost(paid, take, clock):
    [line] = take(line_of(paid(), due_date="2026-02-20T08:00:00Z"))
    assert line.status == "opened"

    route = routes()["dispute.follow_up"]
    for item in route.source.claim(limit=10, now=clock.now, done=[]):
        route.load_handler()(item)

    assert Dispute.objects.get().status == "under_review"


def test_what_fails_for_a_day_needs_a_person(paid, take, clock, account):
    kept, _ = import_dispute_file(
        provider_account=account,
        file=file_of(line_of(paid())),
        file_name="x",
        reader=Reader(),
        actor="system",
        now=clock.now,
    )
    clock.advance(hours=25)
    work(clock)

    assert told(kept.lines.all()) == [("needs_person", "tried_too_long")]
    assert not Dispute.objects.exists()


def test_a_file_of_nothing_readable_is_refused_and_may_come_again(
    account, clock, paid, take, monkeypatch
):
    for content in (b"", b"\n \n", b"a;b\n1;2\n", HEAD.encode()):
        with pytest.raises(UnreadableDisputeFile):
            import_dispute_file(
                provider_account=account,
                file=io.BytesIO(content),
                file_name="x",
                reader=Reader(),
                actor="system",
                now=clock.now,
            )
    with monkeypatch.context() as few, pytest.raises(DisputeFileTooLarge):
        few.setattr(service_module, "LINES_MAX", 3)
        take(*["x"] * 4)
    assert not DisputeFile.objects.exists()

    theirs = {"dispute_case": "Dossier", "dispute_reasons": "FR1=fraud", "dispute_date": "Jour",
              "dispute_date_format": "%d/%m/%Y", "dispute_due_date": "", "dispute_currency": "",
              "dispute_fixed_currency": "XAF", "dispute_reference": ""}  # fmt: skip
    reference = paid().attempts.get().provider_reference
    [line] = take(
        f'D1,{reference},"10 000,00",fr1,01/03/2026',
        head="Dossier,provider_reference,amount,reason,Jour",
        layout=DISPUTE_LAYOUT.changed(theirs),
    )
    assert told([line]) == [("opened", "")]


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"dispute_case": ""}, "dispute_case"),
        ({"dispute_reasons": "X=nothing"}, "dispute_reasons"),
        ({"dispute_currency": ""}, "dispute_fixed_currency"),
        ({"dispute_time_zone": "Mars"}, "dispute_time_zone"),
        ({"dispute_reference": "", "dispute_provider_reference": ""}, "dispute_reference"),
    ],
)
def test_a_layout_that_cannot_be_is_refused_by_the_name_of_its_key(settings, named):
    with pytest.raises(ValueError, match=named):
        DISPUTE_LAYOUT.changed(settings)


def test_every_reason_of_a_layout_is_one_of_ours_and_every_connector_reads_files():
    assert set(REASONS.values()) == set(Reason.values)
    for _code, (_config, connector) in CONNECTORS.items():
        if _code != "fake":
            assert issubclass(connector, ReadsDisputes)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("payments", "second"),
    [(1, ("seen_before", "")), (2, ("needs_person", "case_differs"))],
)
def test_two_files_of_one_case_at_once_open_one_dispute(paid, account, clock, payments, second):
    named = [paid() for _ in range(payments)]
    lines = []
    for n in range(2):
        kept, _ = import_dispute_file(
            provider_account=account,
            file=file_of(line_of(named[n % payments]), *[""] * n),
            file_name=str(n),
            reader=Reader(),
            actor="system",
            now=clock.now,
        )
        lines.append(kept.lines.get())
    barrier = Barrier(2)

    def run(line):
        try:
            barrier.wait(10)
            open_dispute_from_line(line_id=line.pk, leased_until=line.due_at, now=clock.now)
        finally:
            connection.close()

    threads = [Thread(target=run, args=[line]) for line in lines]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert sorted(told(DisputeFileLine.objects.all())) == sorted([("opened", ""), second])
    assert Dispute.objects.count() == 1


@pytest.fixture
def clerk():
    user = User.objects.create_user("awa", is_staff=True)
    names = ["view_disputefile", "add_disputefile", "view_disputefileline",
             "change_disputefileline", "view_dispute"]  # fmt: skip
    user.user_permissions.set(Permission.objects.filter(codename__in=names))
    client = Client()
    client.force_login(user)
    client.cookies["django_language"] = "en"
    client.user = user
    return client


def test_staff_upload_it_and_have_what_was_not_opened(
    paid, account, clerk, clock, monkeypatch, take
):
    monkeypatch.setattr(admin_module, "connector_for", lambda account: Reader())
    content = file_of(line_of(paid(), "C-1"), line_of(paid(), "C-2", currency="XOF")).getvalue()
    url = reverse("admin:disputes_disputefile_upload")

    def upload():
        file = SimpleUploadedFile("disputes.csv", content)
        return clerk.post(url, {"account": account.pk, "file": file}, follow=True)

    assert "2 lines imported" in upload().content.decode()
    assert "imported before" in upload().content.decode()
    work(clock)
    left = DisputeFileLine.objects.get(status="needs_person")
    page = clerk.get(reverse("admin:disputes_disputefileline_change", args=[left.pk]))
    assert "the payment has another currency" in page.content.decode()
    lines = reverse("admin:disputes_disputefileline_changelist")

    clerk.post(lines, {"action": "try_again", "_selected_action": [str(left.pk)]})
    work(clock)
    left.refresh_from_db()
    assert (left.status, left.owner) == ("needs_person", clerk.user)

    clerk.post(
        lines, {"action": "close", "_selected_action": [str(left.pk)], "reason": "Ask 677000003."}
    )
    left.refresh_from_db()
    assert (left.status, left.resolution) == ("closed", "Ask +677 ••••03.")
    assert set(AuditEntry.objects.values_list("action", flat=True)) >= {
        "dispute.import_file", "dispute.try_line", "dispute.close_line",
    }  # fmt: skip


def test_staff_is_told_whose_credentials_are_unreadable(account, clerk):
    ProviderAccount.objects.filter(pk=account.pk).update(credentials_encrypted=b"rubbish")
    file = SimpleUploadedFile("disputes.csv", file_of("x").getvalue())

    page = clerk.post(
        reverse("admin:disputes_disputefile_upload"), {"account": account.pk, "file": file}
    )

    assert list(page.context["form"].errors) == ["account"]


def test_an_unreadable_line_is_not_tried_again_for_nothing(paid, take, clerk, clock):
    _, line = take(line_of(paid()), "one cell")

    with pytest.raises(LineUnreadable):
        decide_line(line_id=line.pk, reason="", decided_by=clerk.user, now=clock.now)


def test_the_command_opens_them_and_says_what_needs_a_person(paid, account, tmp_path, monkeypatch):
    monkeypatch.setattr(command_module, "connector_for", lambda account: Reader())
    path = tmp_path / "disputes.csv"
    path.write_bytes(file_of(line_of(paid()), line_of(paid(), "C-2", currency="XOF")).getvalue())
    output = StringIO()

    call_command("import_dispute_file", str(path), "--account", account.public_id, stdout=output)

    head, sentence = output.getvalue().splitlines()
    assert head.endswith("lines=2 opened=1 seen_before=0 needs_person=1")
    assert sentence == "line 3: currency_differs XAF C-2"


def test_the_command_says_whose_credentials_are_unreadable(account, tmp_path):
    ProviderAccount.objects.filter(pk=account.pk).update(credentials_encrypted=b"rubbish")
    path = tmp_path / "disputes.csv"
    path.write_bytes(file_of("x").getvalue())

    with pytest.raises(CommandError, match=f"{account.public_id}: the credentials .* cannot be"):
        call_command("import_dispute_file", str(path), "--account", account.public_id)
