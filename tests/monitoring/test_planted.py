"""Whatever is planted is found: each source against the rows, disks and sockets it reads."""

import socket
import threading
from collections import namedtuple
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.utils import timezone

from apps.core import database_clock
from apps.core.alerts import Finding
from apps.core.models import OutboxMessage
from apps.core.public_ids import new_id, new_id_at
from apps.core.ttl_cache import clear_all
from apps.merchants.models import ApiKey
from apps.monitoring.models import AlertChannel, AlertRule, BookCheck, Incident, RailMinute
from apps.monitoring.rules.sources import alert_sources, sentence_of
from apps.monitoring.selectors.sources import ends, machines
from apps.monitoring.services.check_books import check_books
from apps.monitoring.services.look_around import look_around
from apps.orchestration.models import DueAttempt
from apps.orchestration.services.hold_money_out import hold_money_out
from apps.orchestration.services.release_money_out import release_money_out
from apps.payments.models import Payment
from apps.providers.models import Callback
from apps.reconciliation.models import Discrepancy
from apps.routing.services.record_replies import record_replies
from tests.factories import EndpointFactory, MerchantFactory, PaymentFactory
from tests.monitoring.rows import WELL, make_account, make_minutes, make_past
from tests.webhooks.authority import Authority

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def now():
    # Half a minute is counted of the running one.
    return timezone.now().replace(second=30, microsecond=0)


def find(code, now, **parameters):
    source = alert_sources()[code]
    wanted = {"includes_test": 0.0, **source.parameters, **parameters}
    found = list(source.load()(wanted, now))
    for finding in found:
        assert isinstance(finding, Finding)
        # Every fact of the sentence is there.
        assert sentence_of(code, finding.facts) != str(source.title)
    return found


# --- Rails


RAILS = [
    ("failure_rate", {"succeeded": 0, "failed_rail": 86}),
    ("failure_burst", {"succeeded": 0, "failed_rail": 86}),
    ("success_fell", {"succeeded": 40, "failed_payer": 58}),
    ("slow_replies", {"slow": 70}),
    ("provider_silent", dict.fromkeys(WELL, 0)),
    ("failure_rate", {"succeeded": 30, "failed_rail": 0, "unknown": 56}),
]


@pytest.mark.parametrize(("code", "lately"), RAILS)
def test_a_rail_in_trouble_is_found_and_one_that_is_well_is_not(code, lately, now):
    ill, well = make_account(), make_account()
    for account in (ill, well):
        make_past(account, now)
        make_minutes(account, now - timedelta(minutes=61), 60)
    make_minutes(well, now - timedelta(minutes=1), 2)
    make_minutes(ill, now - timedelta(minutes=1), 2, **lately)

    (finding,) = find(code, now)

    assert finding.key == f"{ill.public_id}:collect"
    assert finding.group == "provider:mtn_momo"
    assert finding.rails == ("mtn_momo:CM:collect",)


def test_a_provider_that_cannot_be_reached_is_found_before_any_order_has_ended(now):
    account = make_account()
    record_replies([(account.pk, False)] * 4, now=database_clock.now())
    clear_all()
    assert find("provider_unreached", now) == []
    record_replies([(account.pk, True)] * 10, now=database_clock.now())
    clear_all()

    (finding,) = find("provider_unreached", now)

    assert finding.facts["troubled"] == 10
    assert finding.group == "provider:mtn_momo"


def test_ten_points_less_are_a_warning_and_half_of_all_wakes_somebody(now):
    account = make_account()
    make_past(account, now)
    make_minutes(account, now - timedelta(minutes=20), 21, succeeded=70, failed_payer=28)
    assert [one.severity for one in find("success_fell", now)] == [""]
    RailMinute.objects.filter(minute__gt=now - timedelta(hours=1)).update(
        succeeded=30, failed_payer=68
    )

    assert [one.severity for one in find("success_fell", now + timedelta(seconds=1))] == [
        "critical"
    ]


def test_a_rail_of_test_mode_is_watched_if_the_rule_says_so(now):
    account = make_account()
    type(account).objects.update(livemode=False)
    make_past(account, now)
    make_minutes(account, now - timedelta(minutes=1), 2, succeeded=0, failed_rail=86)

    assert find("failure_rate", now) == []
    (finding,) = find("failure_rate", now, includes_test=1.0)

    assert finding.group == "provider:mtn_momo:test"


def test_a_closed_account_may_be_silent(now):
    account = make_account()
    make_past(account, now)
    type(account).objects.update(is_active=False)

    assert find("provider_silent", now) == []


def test_from_the_rows_to_the_incident_in_one_look(now):
    account = make_account()
    make_past(account, now)
    make_minutes(account, now - timedelta(minutes=1), 2, succeeded=0, failed_rail=86)

    look_around(now=now)

    incident = Incident.objects.get(key="provider:mtn_momo")
    assert incident.severity == "critical"
    assert {part["rule"] for part in incident.parts.values()} >= {"failure_rate", "success_fell"}


# --- Books


def test_broken_books_are_found_by_the_check_of_the_minute(now):
    PaymentFactory(succeeded=True)
    assert check_books(now=timezone.now()).is_whole
    payment = PaymentFactory(succeeded=True)
    clean = check_books(now=timezone.now())
    assert (clean.is_whole, clean.violations) == (False, 0)
    assert find("books_broken", now) == []
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM ledger_transfer WHERE source_id = %s", [payment.pk])

    check_books(now=timezone.now())

    (finding,) = find("books_broken", now)
    assert finding.facts["violations"] >= 1
    assert str(payment.pk) in finding.facts["what"]


def test_what_a_look_found_broken_stays_found_until_all_is_checked(now):
    broken = {"violations": 1, "examples": ["I1 x"]}
    BookCheck.objects.create(id=new_id_at(now), is_whole=False, checked_at=now, **broken)
    later = now + timedelta(minutes=1)
    BookCheck.objects.create(id=new_id_at(later), is_whole=False, violations=0, checked_at=later)
    assert find("books_broken", now)
    night = now + timedelta(hours=9)
    BookCheck.objects.create(id=new_id_at(night), is_whole=True, violations=0, checked_at=night)

    assert find("books_broken", now) == []


def test_books_that_nobody_checks_are_found(now):
    assert find("books_unchecked", now) == []
    old = now - timedelta(minutes=20)
    BookCheck.objects.create(is_whole=True, violations=0, checked_at=old)

    (finding,) = find("books_unchecked", now)

    assert finding.facts["minutes"] == 20


def test_an_audit_trail_that_is_not_sealed_is_found(now, monkeypatch):
    monkeypatch.setattr(
        "apps.monitoring.selectors.sources.books.unsealed_since",
        lambda now: now - timedelta(minutes=3),
    )

    assert [one.facts for one in find("audit_unsealed", now)] == [{"minutes": 3}]


def test_missing_reports_are_one_incident_a_provider(now):
    for account in (make_account(), make_account()):
        for back in (1, 2):
            Discrepancy.objects.create(
                kind="missing_statement",
                provider_account=account,
                day=(now - timedelta(days=back)).date(),
                opened_at=now,
            )

    found = find("statement_missing", now)

    assert {one.group for one in found} == {"statements:mtn_momo"}
    assert [one.facts["days"] for one in found] == [2, 2]


# --- Work


def test_work_that_nobody_does_is_found_by_its_age(now):
    for topic, age in (("merchants.email", 60), ("event.announce", 600)):
        OutboxMessage.objects.create(
            topic=topic, payload={}, created_at=now, available_at=now - timedelta(seconds=age)
        )

    (finding,) = find("stuck_work", now)

    assert finding.facts == {"topic": "event.announce", "minutes": 10}


def test_work_in_hand_is_not_stuck(now):
    OutboxMessage.objects.create(
        topic="event.announce",
        payload={},
        created_at=now,
        available_at=now - timedelta(minutes=10),
        leased_until=now + timedelta(seconds=30),
    )

    assert find("stuck_work", now) == []


def test_orders_that_are_not_sent_are_found(now):
    account = make_account()
    for is_sent, age in ((False, 300), (False, 180), (True, 10)):
        DueAttempt.objects.create(
            is_sent=is_sent,
            provider_account_id=account.pk,
            next_check_at=now - timedelta(seconds=age),
            attempt_id=new_id(),
        )

    (finding,) = find("stuck_attempts", now)

    assert finding.key == f"{account.public_id}:send"
    assert (finding.facts["count"], finding.facts["minutes"]) == (2, 5)


def test_work_that_failed_too_often_is_found(now):
    assert find("work_for_person", now) == []
    OutboxMessage.objects.create(
        topic="x", payload={}, created_at=now, available_at=now, needs_person_since=now
    )

    assert [one.facts for one in find("work_for_person", now)] == [{"count": 1}]


# --- Webhooks and callbacks


def test_one_failing_endpoint_is_a_warning_and_many_are_our_fault(now):
    for _ in range(8):
        EndpointFactory(livemode=True)
    endpoints = list(type(EndpointFactory()).objects.filter(livemode=True))
    long_ago = now - timedelta(hours=2)
    type(endpoints[0]).objects.filter(pk=endpoints[0].pk).update(failing_since=long_ago)
    assert [one.severity for one in find("webhooks_failing", now)] == [""]
    type(endpoints[0]).objects.update(failing_since=long_ago)

    (finding,) = find("webhooks_failing", now)

    assert (finding.severity, finding.facts["count"]) == ("critical", 8)


def test_twenty_forged_callbacks_are_found_and_nineteen_are_noise(now):
    for _ in range(19):
        _forge(now)
    assert find("callback_forgeries", now) == []
    _forge(now)

    (finding,) = find("callback_forgeries", now)

    assert (finding.key, finding.facts["count"]) == ("mtn_momo", 20)


def _forge(now):
    Callback.objects.create(
        id=new_id_at(now),
        connector="mtn_momo",
        method="POST",
        body_encrypted=b"",
        body_digest=b"",
        status=Callback.Status.REJECTED,
        received_at=now,
    )


# --- Machines


@pytest.mark.parametrize(("used", "severity"), [(80, None), (86, ""), (91, "critical")])
def test_a_full_disk_is_found(used, severity, now, monkeypatch):
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(machines.shutil, "disk_usage", lambda _: usage(110, used, 100 - used))

    found = find("disk_full", now)

    assert [one.severity for one in found] == ([] if severity is None else [severity])


@pytest.mark.parametrize(("ahead_s", "is_found"), [(0.3, False), (-30, True), (4, True)])
def test_a_wrong_clock_is_found(ahead_s, is_found, now, monkeypatch):
    monkeypatch.setattr(database_clock, "skew_s", lambda: ahead_s)

    assert bool(find("clock_skewed", now)) == is_found


def test_a_server_without_replicas_is_well(now):
    assert find("replication_behind", now) == []


@pytest.mark.parametrize(
    ("row", "is_found"),
    [
        ("'near', 2.0, NULL::numeric", False),
        ("'far', 90.0, NULL::numeric", True),
        ("'gone', NULL::float, 2e9::numeric", True),
    ],
)
def test_a_replica_that_lags_or_is_gone_is_found(row, is_found, now, monkeypatch):
    monkeypatch.setattr(machines, "REPLICAS", f"SELECT {row}")

    assert bool(find("replication_behind", now)) == is_found


# --- After a restore


def test_money_out_that_waits_is_found_until_somebody_lets_it_go(now):
    assert find("money_out_held", now) == []
    hold_money_out(actor="operator:ama", reason="the disk died", now=now - timedelta(minutes=7))
    assert [one.facts["minutes"] for one in find("money_out_held", now)] == [7]

    release_money_out(actor="operator:ama", reason="compared", now=now)

    assert find("money_out_held", now) == []


# --- What ends


@pytest.mark.parametrize(("days", "severity"), [(40, None), (14, ""), (2, "critical")])
def test_a_certificate_that_ends_is_found(days, severity, now, monkeypatch, settings):
    settings.PUBLIC_URL = settings.REALTIME_URL = "https://pay.example"
    monkeypatch.setattr(ends, "_not_after", lambda *_: now + timedelta(days=days, hours=1))

    found = find("certificate_ending", now)

    assert [one.severity for one in found] == ([] if severity is None else [severity])


def test_an_address_that_shows_no_certificate_is_found(now, settings):
    settings.PUBLIC_URL = "https://127.0.0.1:9"
    settings.REALTIME_URL = settings.MTLS_URL = ""

    (finding,) = find("certificate_ending", now)

    assert finding.facts["why"] == "ConnectionRefusedError"


def test_the_certificate_is_read_from_the_address_itself(tmp_path):
    authority = Authority(tmp_path)
    server = authority.server_context("127.0.0.1")
    listener = socket.create_server(("127.0.0.1", 0))

    def serve():
        plain, _ = listener.accept()
        with plain, server.wrap_socket(plain, server_side=True) as talking:
            talking.recv(1)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()

    ends_at = ends._not_after("127.0.0.1", listener.getsockname()[1])

    assert ends_at > datetime.now(UTC)
    listener.close()


def test_a_key_without_a_successor_is_found(now):
    merchant = MerchantFactory()
    for days in (5, 60):
        ApiKey.objects.create(
            merchant=merchant,
            livemode=True,
            digest=bytes([days]),
            scopes=[],
            expires_at=now + timedelta(days=days),
            created_at=now,
        )

    (finding,) = find("credential_ending", now)

    assert finding.facts["days"] in {4, 5}


# --- Payments unlike others


def test_an_amount_unlike_all_before_is_found(now):
    merchant = MerchantFactory()
    before = now - timedelta(hours=1)
    for _ in range(50):
        PaymentFactory(merchant=merchant, livemode=True, amount=5_000, created_at=before)
    usual = PaymentFactory(merchant=merchant, livemode=True, amount=50_000, created_at=now)
    assert find("unusual_amount", now) == []
    Payment.objects.filter(pk=usual.pk).update(amount=100_000)

    (finding,) = find("unusual_amount", now)

    assert finding.facts["merchant"] == merchant.public_id


def test_failures_again_and_again_are_found_without_naming_the_payer(now):
    merchant = MerchantFactory()
    for number in range(10):
        PaymentFactory(
            merchant=merchant,
            livemode=True,
            failed=True,
            created_at=now - timedelta(seconds=number),
        )

    (finding,) = find("repeated_failures", now)

    assert finding.facts["failed"] == 10
    assert finding.facts["who"].startswith("pay_")
    assert "677000001" not in f"{finding}"


# --- The watch itself


def test_a_channel_and_a_rule_that_fail_are_found(now):
    AlertChannel.objects.create(
        name="night", kind="slack", address_encrypted=b"", created_at=now, last_error="timed out"
    )
    look_around(now=now)
    AlertRule.objects.filter(code="disk_full").update(last_error="OSError: x")

    assert [one.facts["channel"] for one in find("channel_failing", now)] == ["night"]
    assert [one.facts["rule"] for one in find("rule_failing", now)] == ["disk_full"]


def test_a_clean_installation_opens_nothing(now):
    PaymentFactory(succeeded=True)
    check_books(now=now)

    for minute in range(5):
        look_around(now=now + timedelta(minutes=minute))

    assert list(Incident.objects.values_list("key", flat=True)) == []
    assert list(AlertRule.objects.exclude(last_error="").values_list("code", "last_error")) == []
