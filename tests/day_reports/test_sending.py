"""A day report is sent once to each receiver, said to be corrected where it is, and what fails has
an owner."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from email import message_from_bytes, policy
from smtplib import SMTPException
from zoneinfo import ZoneInfoNotFoundError

import pytest
from django.core import mail
from django.core.mail import EmailMessage

from apps.core import database_clock
from apps.day_reports.models import ReportSending, ReportSubscription
from apps.day_reports.rules.refusals import SubscriptionChanged, SubscriptionInvalid
from apps.day_reports.rules.subscription_digest import subscription_digest
from apps.day_reports.selectors.describe_subscription import subscription_lines
from apps.day_reports.services import send_report as sending
from apps.day_reports.services.activate_subscription import activate_subscription
from apps.day_reports.services.begin_cycles import begin_cycles
from apps.day_reports.services.decide_sending import decide_sending
from apps.day_reports.services.draft_subscription import SubscriptionOrder, draft_subscription
from apps.day_reports.services.end_subscription import end_subscription
from apps.day_reports.services.promise_sendings import promise_sendings
from apps.merchants.models import Merchant
from apps.statement_sources.transports.sftp_outbox import SftpOutbox
from tests.day_reports.conftest import sum_next
from tests.day_reports.test_sum_day import book
from tests.factories import MerchantFactory, PaymentFactory
from tests.monitoring.test_planted import find
from tests.statement_sources.sftp_server import SftpServer

pytestmark = pytest.mark.django_db(transaction=True)
MAKER, CHECKER = "user:1", "user:2"
ADDRESS = "finance@shop.example"


@pytest.fixture
def server(tmp_path):
    (tmp_path / "in").mkdir()
    started = SftpServer(tmp_path, password="their-password")
    yield started
    started.close()


def agree(clock, before=None, **changes):
    """A subscription of two people; to one address, if nothing else is said."""
    usual = {"name": "For finance", "formats": ["csv"], "first_day": clock.now.date()}
    order = SubscriptionOrder(**{**usual, "livemode": False, "emails": [ADDRESS], **changes})
    draft = draft_subscription(order=order, before=before, created_by=MAKER, now=clock.now)
    return activate(draft, clock)


def activate(draft, clock, **changes):
    payload = {"subscription_id": str(draft.pk), "digest": subscription_digest(draft)}
    return activate_subscription(
        payload | changes, requested_by=MAKER, approved_by=CHECKER, reason="agreed", now=clock.now
    )


def to_server(server):
    return {
        "emails": [], "host": "127.0.0.1", "port": server.port, "username": "lomi",
        "host_keys": server.host_key_line, "folder": "in", "password": server.password,
    }  # fmt: skip


def send_all(day, *, hours=1):
    """Promise what is ready at this time after the day, and do what is due as a worker does it."""
    promise_sendings(now=day.ends_at + timedelta(hours=hours))
    for one in ReportSending.objects.filter(due_at__isnull=False).order_by("created_at", "pk"):
        sending.send_report(sending_id=one.pk, leased_until=one.due_at)
    return list(ReportSending.objects.order_by("created_at", "pk"))


def test_a_report_is_sent_once_to_its_addresses_and_the_evidence_is_kept(clock, merchant, day):
    agree(clock, merchant=merchant, formats=["csv", "xml"])

    for _again in range(2):
        (sent,) = send_all(day)

    (email,) = mail.outbox
    assert (sent.status, sent.sent_to, email.to) == ("sent", ADDRESS, [ADDRESS])
    assert [
        {"name": name, "sha256": hashlib.sha256(as_bytes(content)).hexdigest()}
        for name, content, _ in email.attachments
    ] == [{"name": one["name"], "sha256": one["sha256"]} for one in sent.files]
    assert sent.files[0]["sha256"] in email.body


def as_bytes(content):
    return content if isinstance(content, bytes) else content.encode()


def test_no_number_leaves_by_email_in_a_reference(clock, merchant, account, give_named):
    day = give_named("order +237677000001")
    agree(clock, merchant=merchant)

    send_all(day)

    content = as_bytes(mail.outbox[0].attachments[0][1]).decode()
    assert "677000001" not in content
    assert "order" in content


@pytest.fixture
def give_named(clock, merchant, account):
    def given(reference):
        PaymentFactory(
            merchant=merchant, account=account, amount=500, fee=0, succeeded=True,
            created_at=clock.now, merchant_reference=reference,
        )  # fmt: skip
        begin_cycles(now=clock.now)
        return sum_next(merchant)

    return given


def test_a_corrected_day_is_sent_again_and_says_so(clock, merchant, day):
    agree(clock, merchant=merchant)
    send_all(day)
    book("fee", 300, day.ends_at - timedelta(seconds=1))
    second = sum_next(merchant)

    sent = send_all(second)

    versions = [(one.day, one.version, one.status) for one in sent if one.day == day.day]
    assert versions == [(day.day, 1, "sent"), (day.day, 2, "sent")]
    subjects = [email.subject for email in mail.outbox]
    assert sum("corrigé" in subject for subject in subjects) == 1


def test_what_was_corrected_before_it_left_does_not_leave(clock, merchant, day):
    agree(clock, merchant=merchant)
    promise_sendings(now=day.ends_at + timedelta(hours=1))
    book("fee", 300, day.ends_at - timedelta(seconds=1))
    second = sum_next(merchant)

    send_all(second)

    of_first = ReportSending.objects.filter(day=day.day).order_by("version")
    assert [one.status for one in of_first] == ["dropped", "sent"]


def test_nothing_is_sent_before_its_hour(clock, merchant, day):
    agree(clock, merchant=merchant, hour=6)

    assert send_all(day, hours=5) == []
    assert [one.status for one in send_all(day, hours=6)] == ["sent"]


def test_a_file_on_a_server_is_whole_and_put_there_once_whatever_dies(
    clock, merchant, day, server, monkeypatch
):
    agree(clock, merchant=merchant, formats=["pdf", "csv"], **to_server(server))
    promise_sendings(now=day.ends_at + timedelta(hours=1))
    one = ReportSending.objects.get()

    # It dies after the files are there and before it is written down.
    def die(name):
        raise SystemExit

    monkeypatch.setattr(sending, "failpoint", die)
    with pytest.raises(SystemExit):
        sending.send_report(sending_id=one.pk, leased_until=one.due_at)
    monkeypatch.undo()
    before = {path.name: path.read_bytes() for path in (server.root / "in").iterdir()}
    one.refresh_from_db()
    sending.send_report(sending_id=one.pk, leased_until=one.due_at)

    one.refresh_from_db()
    after = {path.name: path.read_bytes() for path in (server.root / "in").iterdir()}
    assert (one.status, len(after), after == before) == ("sent", 2, True)
    assert {file["name"]: file["sha256"] for file in one.files} == {
        name: hashlib.sha256(content).hexdigest() for name, content in after.items()
    }


def test_another_host_key_gets_nothing_and_wakes_somebody(clock, merchant, day, server, tmp_path):
    (tmp_path / "other").mkdir()
    impostor = SftpServer(tmp_path / "other", password="their-password")
    agree(
        clock,
        merchant=merchant,
        **{**to_server(server), "host_keys": impostor.host_key_line},
    )
    impostor.close()

    (failed,) = send_all(day)

    assert (failed.status, failed.failure, failed.due_at) == ("waiting", "host_key", None)
    assert server.logins == 0
    (found,) = find("day_report_unsent", now=clock.now, includes_test=1.0)
    assert found.severity == "critical"


def test_a_name_that_is_taken_by_something_else_is_not_written_over(clock, merchant, day, server):
    agree(clock, merchant=merchant, **to_server(server))
    promise_sendings(now=day.ends_at + timedelta(hours=1))
    name = f"{merchant.public_id}_XAF_{day.day.isoformat()}_v1_test.csv"
    theirs = server.write(f"in/{name}", "theirs")

    (failed,) = send_all(day)

    assert (failed.failure, failed.due_at) == ("name_taken", None)
    assert theirs.read_text() == "theirs"


def test_a_mail_server_that_is_away_is_tried_again_so_often_and_then_somebody_has_it(
    clock, merchant, day, monkeypatch
):
    agree(clock, merchant=merchant)

    def refuse(self, *_args, **_named):
        raise SMTPException

    monkeypatch.setattr(EmailMessage, "send", refuse)
    (failed,) = send_all(day)
    assert (failed.failures, failed.failure) == (1, "mail")
    assert failed.due_at > database_clock.now()
    assert find("day_report_unsent", now=failed.created_at, includes_test=1.0) == []

    ReportSending.objects.update(failures=sending.SEND_FAILURES_MAX - 1)
    (failed,) = send_all(day)
    assert (failed.status, failed.due_at) == ("waiting", None)
    assert len(find("day_report_unsent", now=failed.created_at, includes_test=1.0)) == 1

    monkeypatch.undo()
    decide_sending(
        sending_id=failed.pk, gives_up=False, reason="It is back.", actor=MAKER,
        now=database_clock.now(),
    )  # fmt: skip
    assert [one.status for one in send_all(day)] == ["sent"]


def test_a_receiver_whose_day_nobody_can_tell_holds_up_no_other(clock, merchant, day):
    lost = MerchantFactory()
    agree(clock, merchant=lost)
    agree(clock, merchant=merchant)
    Merchant.objects.filter(pk=lost.pk).update(timezone="Nowhere/None")

    with pytest.raises(ZoneInfoNotFoundError):
        promise_sendings(now=day.ends_at + timedelta(hours=1))

    assert ReportSending.objects.count() == 1


def test_nobody_says_alone_where_reports_go_and_only_what_was_shown_holds(clock, merchant):
    order = SubscriptionOrder(
        name="For finance", formats=["csv"], first_day=clock.now.date(), merchant=merchant,
        emails=[ADDRESS],
    )  # fmt: skip
    draft = draft_subscription(order=order, created_by=CHECKER, now=clock.now)
    with pytest.raises(SubscriptionChanged):
        activate(draft, clock)
    draft = draft_subscription(order=order, created_by=MAKER, now=clock.now)
    with pytest.raises(SubscriptionChanged):
        activate(draft, clock, digest="0" * 64)
    ReportSubscription.objects.filter(pk=draft.pk).update(emails=["thief@other.example"])
    with pytest.raises(SubscriptionChanged):
        activate(draft, clock, digest=subscription_digest(draft))

    assert not ReportSubscription.objects.filter(number__isnull=False).exists()


def test_whoever_approves_reads_of_which_mode_the_reports_are(clock, merchant):
    live, test = (
        subscription_lines(agree(clock, merchant=merchant, livemode=livemode))
        for livemode in (True, False)
    )

    assert set(live) != set(test)


def test_a_change_of_two_takes_the_place_and_an_end_stops_what_waits(clock, merchant, day):
    first = agree(clock, merchant=merchant)
    promise_sendings(now=day.ends_at + timedelta(hours=1))
    second = agree(clock, before=first, merchant=merchant, emails=["other@shop.example"])

    (sent,) = send_all(day)

    assert (sent.sent_to, second.number) == ("other@shop.example", 2)
    end_subscription(subscription_id=second.pk, reason="Left.", actor=MAKER, now=clock.now)
    assert len(send_all(sum_next(merchant))) == 1


def test_a_subscription_is_of_one_receiver_for_ever(clock, merchant, day):
    first = agree(clock, merchant=merchant)
    promise_sendings(now=day.ends_at + timedelta(hours=1))
    other = MerchantFactory()
    for changes in ({"merchant": other}, {"merchant": merchant, "livemode": True}):
        with pytest.raises(SubscriptionInvalid) as refused:
            agree(clock, before=first, **{**changes, "emails": ["thief@other.example"]})
        assert refused.value.field in ("owner", "livemode")

    # However it came to be, a merchant's day goes to its own receivers.
    ReportSubscription.objects.update(merchant=other, emails=["thief@other.example"])
    (dropped,) = send_all(day)

    assert (dropped.status, mail.outbox) == ("dropped", [])


def test_who_is_asked_to_change_what_was_ended_meanwhile_does_not_begin_it_again(clock, merchant):
    first = agree(clock, merchant=merchant)
    order = SubscriptionOrder(
        name="For finance", formats=["csv"], first_day=clock.now.date(), merchant=merchant,
        livemode=False, emails=[ADDRESS],
    )  # fmt: skip
    draft = draft_subscription(order=order, before=first, created_by=MAKER, now=clock.now)
    end_subscription(
        subscription_id=first.pk, reason="Their mailbox leaks.", actor=CHECKER, now=clock.now
    )

    with pytest.raises(SubscriptionChanged):
        activate(draft, clock)

    # Whoever knows of the end may ask for it again.
    clock.advance(seconds=1)
    assert agree(clock, before=first, merchant=merchant).number == 2


def test_a_server_whose_file_never_ends_holds_nobody(clock, merchant, day, server, monkeypatch):
    agree(clock, merchant=merchant, **to_server(server))
    promise_sendings(now=day.ends_at + timedelta(hours=1))
    name = f"{merchant.public_id}_XAF_{day.day.isoformat()}_v1_test.csv"
    server.write(f"in/{name}", "theirs")
    read = []

    def endless(self, name, *, offset, length):
        read.append(length)
        assert len(read) < 100
        return b"x" * length

    monkeypatch.setattr(SftpOutbox, "read", endless)
    (failed,) = send_all(day)

    assert (failed.failure, failed.due_at) == ("name_taken", None)
    assert sum(read) < 10**6


def test_what_is_read_in_a_mailbox_has_the_digest_that_was_kept(clock, merchant, day):
    agree(clock, merchant=merchant, formats=["csv", "xml"])

    (sent,) = send_all(day)

    read = message_from_bytes(mail.outbox[0].message().as_bytes(), policy=policy.default)
    assert [
        hashlib.sha256(part.get_payload(decode=True)).hexdigest()
        for part in read.iter_attachments()
    ] == [one["sha256"] for one in sent.files]


REFUSED = [
    ({"formats": ["doc"]}, "formats"),
    ({"formats": []}, "formats"),
    ({"emails": []}, "emails"),
    ({"emails": ["a@b.example\nBcc: c@d.example"]}, "emails"),
    # A mail server takes no longer one (RFC 5321, 4.5.3.1.3).
    ({"emails": [f"{'a' * 250}@b.example"]}, "emails"),
    ({"emails": [f"a{n}@b.example" for n in range(11)]}, "emails"),
    ({"emails": ['"a\x01b"@b.example']}, "emails"),
    ({"host": "a b"}, "host"),
    ({"host": "h.example", "username": "u", "host_keys": "no key"}, "host_keys"),
    ({"host": "h.example", "username": "u", "folder": "a\nb"}, "folder"),
]


def test_an_address_that_looks_like_another_is_shown_as_what_it_is(clock, merchant):
    # Its "o" is Cyrillic.
    terms = agree(clock, merchant=merchant, emails=["finance@sh\u043ep.example"])

    assert terms.emails == ["finance@xn--shp-ted.example"]
    assert "finance@xn--shp-ted.example" in "\n".join(subscription_lines(terms))


def test_what_cannot_be_sent_like_this_is_refused_with_its_field(clock, merchant):
    for changes, field in REFUSED:
        with pytest.raises(SubscriptionInvalid) as refused:
            agree(clock, merchant=merchant, **changes)
        assert refused.value.field == field, changes

    assert not ReportSubscription.objects.exists()
