"""Keys are replaced without a request failing, and none dies unannounced."""

from __future__ import annotations

import json
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from unittest.mock import patch

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.db import connection, transaction
from django.test import Client
from hypothesis import example, given, settings
from hypothesis import strategies as st

from apps.audit.models import AuditEntry
from apps.core.models import OutboxMessage
from apps.core.ttl_cache import clear_all
from apps.core.work import outbox
from apps.merchants.models import ApiKey, Member
from apps.merchants.rotation_schedule import LAST_WARNING, notice, rotation_start
from apps.merchants.services.revoke_api_key import revoke_api_key
from apps.merchants.services.rotate_due_keys import rotate_due_keys
from apps.merchants.services.send_email import send_email
from tests.api.conftest import Shop, refusal
from tests.fakes import FakeClock
from tests.leaks import leaking_columns
from tests.tries import examples

pytestmark = pytest.mark.django_db

KEYS = "/api/v1/api_keys"
ME = "/api/v1/me"
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


@pytest.fixture
def shop(clock):
    """A merchant with an owner to write to, whose key is rotated every ninety days."""
    shop = Shop(rotate_every_days=90, label="Till")
    add_member(shop.merchant, clock.now)
    return shop


def add_member(merchant, now, **fields):
    user = User.objects.create_user(f"u{uuid.uuid4()}", email=f"awa{len(mail.outbox)}@shop.example")
    return Member.objects.create(
        merchant=merchant, user=user, role=Member.Role.OWNER, created_at=now, **fields
    )


def rotate(shop, key_id=None, **body):
    return shop.post(body, path=f"{KEYS}/{key_id or shop.api_key.public_id}/rotate")


def collect(shop, key_id=None, *, key=None):
    path = f"{KEYS}/{key_id or shop.api_key.public_id}/successor"
    return shop.post({}, path=path, key=key)


def status_with(shop, key):
    clear_all()
    return shop.client.get(ME, headers={"Authorization": f"Bearer {key}"}).status_code


def tell():
    """What the workers do with the promises: (types of events, e-mails sent), in their order."""
    messages = OutboxMessage.objects.order_by("id")
    events = [m.payload["type"] for m in messages.filter(topic="event.announce")]
    before = len(mail.outbox)
    for m in messages.filter(topic="merchants.email"):
        send_email(outbox.ClaimedMessage(id=m.id, payload=m.payload, tries=1))
    OutboxMessage.objects.all().delete()
    return events, mail.outbox[before:]


# --- By API


@pytest.mark.parametrize(("body", "hours"), [({}, 24), ({"overlap_hours": 168}, 168)])
def test_old_and_new_key_both_work_until_the_overlap_ends(clock, shop, body, hours):
    end = clock.now + timedelta(hours=hours)
    new = rotate(shop, **body).json()
    answers = {"old": [], "new": []}

    # Twenty times on the way, and at the last moment.
    moments = [clock.now + timedelta(hours=hours) * n / 20 for n in range(20)]
    for clock.now in [*moments, end - timedelta(microseconds=1)]:
        answers["old"].append(status_with(shop, shop.key))
        answers["new"].append(status_with(shop, new["secret"]))
    clock.now = end

    assert len(answers["old"]) == 21
    assert set(answers["old"]) == set(answers["new"]) == {200}
    assert (status_with(shop, shop.key), status_with(shop, new["secret"])) == (401, 200)
    assert refusal(shop.get(ME))[1] == "api_key_expired"


@pytest.mark.django_db(transaction=True)
def test_no_request_fails_while_keys_are_rotated_under_traffic():
    shop = Shop()
    newest, is_over, answers = [shop.key], threading.Event(), []

    def calls():
        client = Client(raise_request_exception=False)
        try:
            while not is_over.is_set():
                for key in newest[-2:]:
                    answer = client.get(ME, headers={"Authorization": f"Bearer {key}"})
                    answers.append(answer.status_code)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        running = [pool.submit(calls) for _ in range(4)]
        for _ in range(10):
            shop.key = newest[-1]
            key_id = shop.get(ME).json()["credential"]["id"]
            newest.append(rotate(shop, key_id).json()["secret"])
        is_over.set()
        [one.result() for one in running]

    assert len(newest) == 11
    assert len(answers) >= 20
    assert set(answers) == {200}


def test_a_new_key_has_the_rights_of_the_old_one(clock):
    ends = clock.now + 30 * DAY
    shop = Shop(
        scopes=["api_keys:write", "balance:read"],
        allowed_addresses=["127.0.0.0/8"],
        expires_at=ends,
        label="Till",
    )

    new = rotate(shop).json()

    assert new["kind"] == "restricted"
    assert new["secret"].startswith("lomi_rk_test_")
    assert new["scopes"] == ["api_keys:write", "balance:read"]
    assert new["allowed_addresses"] == ["127.0.0.0/8"]
    assert new["label"] == "Till"
    assert new["rotated_from"] == shop.api_key.public_id
    # A key that ends does not live on in its successor.
    assert ApiKey.objects.get(rotated_from=shop.api_key).expires_at == ends


def test_an_overlap_never_lengthens_a_life(clock):
    ends = clock.now + 2 * HOUR
    shop = Shop(expires_at=ends)

    rotate(shop, overlap_hours=168)

    shop.api_key.refresh_from_db()
    assert shop.api_key.expires_at == ends


def test_without_overlap_the_old_key_ends_at_once(clock, shop):
    new = rotate(shop, overlap_hours=0).json()

    assert (status_with(shop, shop.key), status_with(shop, new["secret"])) == (401, 200)


def test_a_key_has_one_living_successor(clock, shop):
    first = rotate(shop).json()

    refused = rotate(shop)
    revoke_api_key(api_key_id=ApiKey.objects.latest("id").pk, actor="system", now=clock.now)
    clear_all()
    again = rotate(shop)

    assert refusal(refused)[:2] == (409, "api_key_already_rotated")
    assert again.status_code == 201
    assert again.json()["id"] != first["id"]


def test_a_rotation_asked_for_twice_makes_one_key(shop):
    path = f"{KEYS}/{shop.api_key.public_id}/rotate"

    first = shop.post({}, path=path, key="once")
    again = shop.post({}, path=path, key="once")

    assert first.content == again.content
    assert ApiKey.objects.count() == 2


@pytest.mark.parametrize("hours", [-1, 169, "24", 1.5, True, None])
def test_an_overlap_is_0_to_168_hours(shop, hours):
    status, code, field = refusal(rotate(shop, overlap_hours=hours))

    assert (status, field) == (400, "overlap_hours")
    assert code == ("null" if hours is None else "overlap_out_of_range")
    assert ApiKey.objects.count() == 1


def test_a_rotation_is_told_recorded_and_written_to_the_members(clock, shop):
    new = rotate(shop).json()

    events, emails = tell()
    assert events == ["api_key.rotated"]
    assert [email.subject for email in emails] == [
        f"La clé API {shop.api_key.prefix}… a été remplacée"
    ]
    assert "3 mars 2026, 10:00 WAT" in emails[0].body
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.target) == ("api_key.rotate", shop.api_key.public_id)
    assert entry.detail["successor"] == new["id"]
    # The rotation itself told the end: no second warning of it.
    clock.advance(hours=1)
    rotate_due_keys(now=clock.now)
    assert tell() == ([], [])
    clock.advance(hours=24)
    rotate_due_keys(now=clock.now)
    assert tell() == (["api_key.expired"], [])


def test_a_long_overlap_is_warned_of_again_a_day_before_its_end(clock, shop):
    rotate(shop, overlap_hours=168)
    tell()

    run_hourly(clock, 6 * DAY)

    events, emails = tell()
    assert events == ["api_key.expiring"]
    assert "Vérifiez que vos programmes utilisent une autre clé." in emails[0].body


# --- By schedule


def run_hourly(clock, span):
    """The beat's work, an hour after another."""
    for _ in range(int(span / HOUR)):
        clock.now += HOUR
        rotate_due_keys(now=clock.now)


def start(clock):
    """To the beginning of the rotation of a key of ninety days."""
    clock.now += 83 * DAY
    rotate_due_keys(now=clock.now)


def test_the_whole_life_of_a_key_rotated_by_itself(clock, shop):
    issued = clock.now
    start(clock)
    events, emails = tell()
    assert events == ["api_key.rotation_started"]
    assert emails[0].subject == f"Une nouvelle clé API attend d'être retirée : {shop.api_key}"
    assert f"/api/v1/api_keys/{shop.api_key.public_id}/successor" in emails[0].body
    assert "31 mai 2026, 10:00 WAT" in emails[0].body
    assert issued + 90 * DAY == datetime(2026, 5, 31, 9, 0, tzinfo=UTC)
    old = shop.get(f"{KEYS}/{shop.api_key.public_id}").json()
    waiting = shop.get(f"{KEYS}/{old['successor']}").json()
    assert (old["expires_at"], old["rotation_ends_at"]) == (None, "2026-05-31T09:00:00.000Z")
    assert (waiting["status"], waiting["prefix"]) == ("waiting", None)

    clock.now += DAY
    new = collect(shop).json()

    assert new["id"] == old["successor"]
    assert (new["status"], new["label"]) == ("active", "Till")
    events, emails = tell()
    assert events == ["api_key.rotated"]
    assert len(emails) == 1
    assert (status_with(shop, shop.key), status_with(shop, new["secret"])) == (200, 200)
    run_hourly(clock, 5 * DAY)
    assert tell()[0] == ["api_key.expiring"]
    run_hourly(clock, DAY - HOUR)
    assert (status_with(shop, shop.key), status_with(shop, new["secret"])) == (200, 200)
    run_hourly(clock, HOUR)
    assert tell()[0] == ["api_key.expired"]
    assert clock.now == issued + 90 * DAY
    assert (status_with(shop, shop.key), status_with(shop, new["secret"])) == (401, 200)
    # The next one is counted from the day the successor was collected.
    successor = ApiKey.objects.get(rotated_from=shop.api_key)
    assert successor.rotation_starts_at == issued + 84 * DAY + 83 * DAY


def test_a_successor_never_collected_is_warned_of_once_more_before_the_old_key_ends(clock, shop):
    start(clock)
    tell()

    run_hourly(clock, 6 * DAY)
    events, emails = tell()
    warned = clock.now
    shop.api_key.refresh_from_db()
    end = shop.api_key.expires_at
    run_hourly(clock, DAY)

    assert events == ["api_key.expiring"]
    assert emails[0].subject.startswith("Dernier avis")
    assert "n'a pas encore été retirée" in emails[0].body
    assert LAST_WARNING <= end - warned <= LAST_WARNING + HOUR
    assert tell()[0] == ["api_key.expired"]
    assert status_with(shop, shop.key) == 401


def test_after_the_end_another_key_may_still_collect(clock, shop):
    start(clock)
    run_hourly(clock, 8 * DAY)
    other = Shop(shop.merchant)

    new = collect(other, shop.api_key.public_id)

    assert new.status_code == 201
    assert status_with(shop, new.json()["secret"]) == 200


@pytest.mark.parametrize("late", [0, 3, 30, 300])
def test_a_clock_late_by_days_kills_no_key_unannounced(clock, shop, late):
    clock.now += 83 * DAY + late * DAY
    started = clock.now

    rotate_due_keys(now=clock.now)

    assert tell()[0] == ["api_key.rotation_started"]
    assert status_with(shop, shop.key) == 200
    clock.now += 30 * DAY  # The clock stands still again: past every planned end.
    assert status_with(shop, shop.key) == 200
    rotate_due_keys(now=clock.now)
    warned = clock.now
    assert tell()[0] == ["api_key.expiring"]
    clock.now += DAY - timedelta(microseconds=1)
    assert status_with(shop, shop.key) == 200
    clock.now = warned + DAY
    assert status_with(shop, shop.key) == 401
    assert clock.now - started > 7 * DAY


@settings(
    max_examples=examples(8),
)
@example(days=7, pauses=[84, 1, 1, 1, 58], collected_after=0)
@given(
    days=st.sampled_from([1, 2, 7, 14, 90, 365]),
    pauses=st.lists(st.integers(1, 400), min_size=5, max_size=30),
    collected_after=st.integers(0, 40),
)
def test_whenever_the_clock_runs_a_key_ends_a_day_after_a_warning_at_least(
    db, days, pauses, collected_after
):
    """Pauses are hours between two runs of the task."""
    OutboxMessage.objects.all().delete()
    now = FakeClock().now
    with transaction.atomic():
        shop = Shop(rotate_every_days=days)
        key = shop.api_key
        ApiKey.objects.filter(pk=key.pk).update(
            created_at=now, rotation_starts_at=rotation_start(days, issued_at=now, expires_at=None)
        )
        announced = set()
        for number, pause in enumerate(pauses):
            now += pause * HOUR
            rotate_due_keys(now=now)
            if number == collected_after and shop.merchant.api_keys.filter(digest=None).exists():
                collector = Shop(shop.merchant)
                with patch("django.utils.timezone.now", lambda at=now: at):
                    assert collect(collector, key.public_id).status_code == 201
            for message in OutboxMessage.objects.filter(payload__object_id=str(key.pk)):
                ends_at = json.loads(message.payload["data"])["expires_at"]
                if ends_at and datetime.fromisoformat(ends_at) not in announced:
                    # Later ones repeat it, however late the clock runs.
                    announced.add(datetime.fromisoformat(ends_at))
                    assert datetime.fromisoformat(ends_at) >= now + LAST_WARNING or (
                        message.payload["type"] == "api_key.rotated"
                    )
            OutboxMessage.objects.all().delete()
            key.refresh_from_db()
            # Its end was never written without being told a day ahead.
            assert key.expires_at is None or key.expires_at in announced
            assert len(announced) <= 1
        transaction.set_rollback(True)


def test_the_secret_of_a_successor_is_shown_once_and_lies_nowhere(clock, shop):
    start(clock)

    first = collect(shop, key="once")
    repeated = collect(shop, key="once")
    again = collect(shop, key="twice")

    assert first.status_code == 201
    assert repeated.content == first.content
    assert refusal(again)[:2] == (409, "successor_already_collected")
    with connection.cursor() as cursor:
        assert leaking_columns(cursor, [first.json()["secret"]]) == []
    assert first.json()["secret"] not in "".join(email.body for email in tell()[1])


def test_a_waiting_successor_has_no_secret_to_be_stolen(clock, shop):
    start(clock)

    waiting = ApiKey.objects.get(rotated_from=shop.api_key)

    assert (waiting.digest, waiting.prefix) == (None, "")
    assert waiting.status(now=clock.now) == "waiting"


def test_a_key_collects_its_own_successor_whatever_its_scopes(clock):
    shop = Shop(scopes=["payments:write"], rotate_every_days=90)
    start(clock)

    new = collect(shop)

    assert new.status_code == 201
    assert new.json()["scopes"] == ["payments:write"]


def test_another_key_collects_with_the_scope_and_enough_rights_only(clock, shop):
    start(clock)
    without = Shop(shop.merchant, scopes=["payments:write", "api_keys:read"])
    weak = Shop(shop.merchant, scopes=["api_keys:write"])

    answers = [collect(one, shop.api_key.public_id) for one in (without, weak)]

    assert [refusal(answer)[:2] for answer in answers] == [
        (403, "successor_not_yours"),
        (403, "scope_not_grantable"),
    ]
    assert ApiKey.objects.get(rotated_from=shop.api_key).digest is None
    assert collect(Shop(shop.merchant), shop.api_key.public_id).status_code == 201


def test_what_was_collected_is_not_shown_to_another_key_with_the_same_idempotency_key(clock, shop):
    start(clock)
    collect(shop, key="once")
    weak = Shop(shop.merchant, scopes=["payments:read"])

    answer = collect(weak, shop.api_key.public_id, key="once")

    assert refusal(answer)[:2] == (409, "idempotency_key_of_another")


def test_without_a_rotation_there_is_nothing_to_collect(shop):
    assert refusal(collect(shop))[:2] == (404, "successor_not_found")


def test_the_successor_takes_the_rights_that_the_old_key_has_when_it_is_collected(clock, shop):
    start(clock)
    ApiKey.objects.filter(pk=shop.api_key.pk).update(allowed_addresses=["127.0.0.0/8"])
    clear_all()

    assert collect(shop).json()["allowed_addresses"] == ["127.0.0.0/8"]


def test_while_a_successor_waits_schedule_and_end_stay(clock, shop):
    start(clock)
    path = f"{KEYS}/{shop.api_key.public_id}"

    answers = [
        shop.client.patch(
            path,
            json.dumps(body),
            content_type="application/json",
            headers={"Authorization": f"Bearer {shop.key}"},
        )
        for body in ({"rotate_every_days": None}, {"expires_at": "2030-01-01T00:00:00Z"})
    ]

    assert [refusal(answer)[:2] for answer in answers] == [(409, "rotation_under_way")] * 2


def test_a_rotation_by_hand_is_refused_while_a_successor_waits(clock, shop):
    start(clock)

    assert refusal(rotate(shop))[:2] == (409, "api_key_already_rotated")


def test_a_key_revoked_takes_its_waiting_successor_along(clock, shop):
    start(clock)

    revoke_api_key(api_key_id=shop.api_key.pk, actor="system", now=clock.now)

    assert not ApiKey.objects.filter(revoked_at=None).exists()
    run_hourly(clock, 10 * DAY)
    assert tell()[0] == ["api_key.rotation_started", "api_key.revoked", "api_key.revoked"]


def test_a_key_revoked_leaves_a_collected_successor_alive(clock, shop):
    start(clock)
    new = collect(shop).json()

    revoke_api_key(api_key_id=shop.api_key.pk, actor="system", now=clock.now)

    assert (status_with(shop, shop.key), status_with(shop, new["secret"])) == (401, 200)


def test_revoking_the_waiting_successor_calls_the_rotation_off(clock, shop):
    start(clock)
    waiting = ApiKey.objects.get(rotated_from=shop.api_key)

    revoke_api_key(api_key_id=waiting.pk, actor="system", now=clock.now)
    called_off = clock.now
    run_hourly(clock, 10 * DAY)

    assert status_with(shop, shop.key) == 200
    shop.api_key.refresh_from_db()
    assert shop.api_key.rotation_starts_at == called_off + 83 * DAY


def test_running_again_does_nothing_again(clock, shop):
    start(clock)
    tell()

    assert rotate_due_keys(now=clock.now) == 0
    assert tell() == ([], [])


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_make_one_step_of_each_key():
    now = FakeClock().now
    for n in range(8):
        key = Shop(rotate_every_days=90).api_key
        ApiKey.objects.filter(pk=key.pk).update(rotation_starts_at=now - n * DAY)

    def work(_):
        try:
            return rotate_due_keys(now=now)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(work, range(4)))

    assert sum(done) == 8
    assert ApiKey.objects.filter(digest=None).count() == 8
    assert OutboxMessage.objects.filter(topic="event.announce").count() == 8


def test_a_key_that_ends_by_itself_is_warned_of_and_told(clock):
    shop = Shop(expires_at=clock.now + 10 * DAY)
    add_member(shop.merchant, clock.now)

    run_hourly(clock, 9 * DAY)
    events, emails = tell()
    run_hourly(clock, 2 * DAY)

    assert events == ["api_key.expiring"]
    assert len(emails) == 1
    assert tell() == (["api_key.expired"], [])


def test_a_key_that_ends_before_it_falls_due_is_not_rotated(clock):
    shop = Shop(rotate_every_days=90, expires_at=clock.now + 80 * DAY)

    clock.now += 85 * DAY
    rotate_due_keys(now=clock.now)

    assert ApiKey.objects.count() == 1
    assert shop.api_key.rotation_starts_at is None


def test_a_schedule_given_to_an_old_key_counts_from_its_making(clock):
    shop = Shop()
    clock.now += 200 * DAY
    body = json.dumps({"rotate_every_days": 90})

    answer = shop.client.patch(
        f"{KEYS}/{shop.api_key.public_id}",
        body,
        content_type="application/json",
        headers={"Authorization": f"Bearer {shop.key}"},
    )
    rotate_due_keys(now=clock.now)

    assert answer.json()["rotation_starts_at"] == "2026-09-18T09:00:00.000Z"
    shop.api_key.refresh_from_db()
    assert shop.api_key.rotation_ends_at == clock.now + 7 * DAY


@pytest.mark.parametrize(
    ("days", "start_hours", "notice_hours"),
    [(1, 12, 24), (2, 24, 24), (7, 84, 84), (14, 168, 168), (90, 1992, 168), (365, 8592, 168)],
)
def test_the_notice_is_seven_days_or_half_the_interval_and_a_day_at_least(
    days, start_hours, notice_hours
):
    issued = datetime(2026, 1, 1, tzinfo=UTC)

    begins = rotation_start(days, issued_at=issued, expires_at=None)

    assert begins == issued + timedelta(hours=start_hours)
    assert notice(days) == timedelta(hours=notice_hours)
