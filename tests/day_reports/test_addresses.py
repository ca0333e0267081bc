"""Each address has a report once; one that the mail server refuses is seen, tried again alone, and
in the end a person's. While somebody sends, nobody else does."""

from __future__ import annotations

import pytest
from django.urls import reverse

from apps.core import database_clock
from apps.day_reports.models import ReportSending
from apps.day_reports.rules.refusals import SendingUnderWay
from apps.day_reports.services import send_report as sending
from apps.day_reports.services.decide_sending import decide_sending
from tests.day_reports.mail_server import MailServer
from tests.day_reports.test_sending import MAKER, agree, send_all
from tests.monitoring.test_planted import find

pytestmark = pytest.mark.django_db(transaction=True)
GOOD, GONE, LAST = "one@shop.example", "gone@shop.example", "three@shop.example"


@pytest.fixture
def mail_server(settings):
    started = MailServer()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", started.port
    yield started
    started.close()


def decide(row, **said):
    decide_sending(
        **{"sending_id": row.pk, "gives_up": False, "reason": "Seen.", "actor": MAKER} | said,
        now=database_clock.now(),
    )


def test_a_refused_address_is_shown_and_tried_again_alone_until_it_is_a_persons(
    clock, merchant, day, mail_server, admin_client
):
    agree(clock, merchant=merchant, emails=[GOOD, GONE, LAST])
    mail_server.refuses[GONE] = "550 no such mailbox"

    (row,) = send_all(day)

    assert [to for to, _ in mail_server.delivered] == [GOOD, LAST]
    assert (row.status, row.failure, row.failures) == ("waiting", "address_refused", 1)
    assert row.due_at > database_clock.now()
    page = admin_client.get(reverse("admin:day_reports_reportsending_change", args=[row.pk]))
    assert "550 no such mailbox" in page.content.decode()

    ReportSending.objects.update(failures=sending.SEND_FAILURES_MAX - 1)
    (row,) = send_all(day)
    assert (row.due_at, len(mail_server.delivered)) == (None, 2)
    assert len(find("day_report_unsent", now=row.created_at, includes_test=1.0)) == 1

    mail_server.refuses.clear()
    decide(row)
    (row,) = send_all(day)
    assert [to for to, _ in mail_server.delivered] == [GOOD, LAST, GONE]
    assert len({message["Message-ID"] for _, message in mail_server.delivered}) == 1
    assert (row.status, row.sent_to, row.refused) == ("sent", f"{GOOD}, {GONE}, {LAST}", {})
    # What each of them has.
    assert row.receivers[GOOD]["files"][0]["sha256"]


def test_a_server_that_goes_away_between_two_sends_to_nobody_twice(
    clock, merchant, day, mail_server
):
    agree(clock, merchant=merchant, emails=[GOOD, GONE, LAST])
    mail_server.refuses[GONE] = "421 closing"

    (row,) = send_all(day)
    assert (row.failure, row.refused) == ("mail", {})
    mail_server.refuses.clear()
    (row,) = send_all(day)

    assert [to for to, _ in mail_server.delivered] == [GOOD, GONE, LAST]
    assert row.status == "sent"


def test_send_now_during_a_sending_does_not_send_twice(clock, merchant, day, mail_server):
    agree(clock, merchant=merchant, emails=[GOOD])
    mail_server.refuses[GOOD] = "450 later"
    (row,) = send_all(day)
    mail_server.refuses.clear()
    found = []

    def decide_meanwhile():
        for gives_up in (False, True):
            try:
                decide(row, gives_up=gives_up)
            except Exception as refusal:
                found.append(type(refusal))

    mail_server.on_message = decide_meanwhile
    (row,) = send_all(day)

    assert found == [SendingUnderWay] * 2
    assert (row.status, row.sending_until, len(mail_server.delivered)) == ("sent", None, 1)


def test_what_a_dead_sender_left_is_sent_on_by_the_next(clock, merchant, day, mail_server):
    agree(clock, merchant=merchant, emails=[GOOD, LAST])
    mail_server.refuses[LAST] = "450 later"
    (row,) = send_all(day)
    # It had GOOD behind it, and died.
    past = row.created_at
    ReportSending.objects.update(sending_until=past, due_at=past)
    mail_server.refuses.clear()

    (row,) = send_all(day)

    assert [to for to, _ in mail_server.delivered] == [GOOD, LAST]
    assert (row.status, row.sending_until) == ("sent", None)
