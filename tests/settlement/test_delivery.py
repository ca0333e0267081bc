"""An approved bank file is put at our bank's door: whole, once, and seen to be."""

from __future__ import annotations

import hashlib
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from apps.audit.models import AuditEntry
from apps.bank_doors.due_work import FAILURES_MAX
from apps.bank_doors.services.deliver_bank_file import deliver_bank_file
from apps.core import failpoints
from apps.core.ttl_cache import clear_all
from apps.merchants.models import Merchant
from apps.orchestration.models import MoneyOutHold
from apps.orchestration.services.hold_money_out import hold_money_out
from apps.settlement.models import BankFile, BankFileStatus, Settlement
from apps.settlement.rules.refusals import BankDoorUnknown, BankFileMoved, BankFileOutdated
from apps.settlement.selectors.bank_file_facts import shown_of_file
from apps.settlement.services.annul_bank_file import annul_bank_file
from apps.settlement.services.download_bank_file import download_bank_file
from apps.settlement.services.move_bank_file import move_bank_file
from apps.settlement.services.order_delivery import order_delivery
from apps.settlement.services.stop_delivery import stop_delivery
from apps.statement_sources.transports.folder import FolderUnreachable
from apps.statement_sources.transports.sftp_outbox import SftpOutbox
from tests.killed import is_killed_at
from tests.monitoring.test_planted import find
from tests.settlement.conftest import CHECKER, MAKER, act, approve, broken_books
from tests.statement_sources.sftp_server import SftpServer

pytestmark = pytest.mark.django_db(transaction=True)

# Of what goes plain nothing is sealed: test_sealed_files.
AFTER_SEAL = "bank_doors.deliver.after_seal"
PLACES = [
    "bank_doors.deliver.before_hand_over",
    "bank_doors.deliver.before_rename",
    "bank_doors.deliver.before_mark",
]


@pytest.fixture
def server(tmp_path):
    (tmp_path / "in").mkdir()
    started = SftpServer(tmp_path, password="their-password")
    yield started
    started.close()


@pytest.fixture
def door(server, settings):
    """Where our bank takes the files of test mode."""
    door = {
        "host": "127.0.0.1", "port": server.port, "username": "lomi", "folder": "in",
        "host_keys": server.host_key_line, "password": server.password,
    }  # fmt: skip
    settings.SETTLEMENT_DOORS = {"test": {"XAF": door}}
    return door


@pytest.fixture
def approved(filed, clock):
    approve(filed, clock)
    filed.refresh_from_db()
    return filed


@pytest.fixture
def ordered(approved, door, clock):
    return order_delivery(file_id=approved.pk, actor="user:3", now=clock.now)


def deliver(file):
    """As a worker does what is due."""
    file.refresh_from_db()
    due = file.delivery_due_at
    if due is not None:
        deliver_bank_file(file_id=file.pk, leased_until=due)
        file.refresh_from_db()
    return file


def there(server):
    return sorted(path.name for path in (server.root / "in").iterdir())


def annul(file, clock):
    with transaction.atomic():
        return annul_bank_file(
            shown_of_file(file), requested_by="user:3", approved_by=CHECKER, reason="The bank said",
            now=clock.now,
        )  # fmt: skip


def test_an_approved_file_is_delivered_once_and_seen_as_delivered(ordered, server):
    for _again in range(2):
        deliver(ordered)

    name = f"{ordered.public_id}.xml"
    content = (server.root / "in" / name).read_bytes()
    assert there(server) == [name]
    assert hashlib.sha256(content).digest() == bytes(ordered.digest)
    assert (ordered.status, ordered.delivery_due_at) == ("sent", None)
    assert ordered.delivered_to == f"lomi@127.0.0.1:{server.port}/in/{name}"
    assert ordered.sent_at >= ordered.handed_at
    assert Settlement.objects.get().status == "sent"
    entry = AuditEntry.objects.get(action="settlement_file.sent")
    assert (entry.actor, entry.detail["delivered_to"]) == ("system", ordered.delivered_to)
    assert AuditEntry.objects.get(action="settlement_file.deliver").actor == "user:3"
    assert broken_books() == []


def test_what_one_person_made_is_not_delivered(filed, door, clock):
    with pytest.raises(BankFileMoved):
        order_delivery(file_id=filed.pk, actor="user:3", now=clock.now)

    with pytest.raises(IntegrityError), transaction.atomic():
        BankFile.objects.update(status="delivering", delivery_due_at=clock.now)


def test_what_somebody_has_is_not_delivered_and_what_is_delivered_nobody_gets(
    approved, door, clock
):
    order_delivery(file_id=approved.pk, actor="user:3", now=clock.now)

    for one in (MAKER, CHECKER, "user:3"):
        with pytest.raises(BankFileMoved):
            download_bank_file(file_id=approved.pk, actor=one, now=clock.now)
    with pytest.raises(BankFileMoved):
        annul(approved, clock)
    with pytest.raises(BankFileMoved):
        move_bank_file(
            file_id=approved.pk, to=BankFileStatus.SENT, reason="in", actor=MAKER, now=clock.now
        )
    stop_delivery(file_id=approved.pk, reason="by hand", actor=MAKER, now=clock.now)
    download_bank_file(file_id=approved.pk, actor=MAKER, now=clock.now)

    with pytest.raises(BankFileMoved):
        order_delivery(file_id=approved.pk, actor=MAKER, now=clock.now)


def test_without_a_door_nothing_is_ordered(approved, clock, settings):
    settings.SETTLEMENT_DOORS = {"live": {"XAF": {}}}

    with pytest.raises(BankDoorUnknown):
        order_delivery(file_id=approved.pk, actor=MAKER, now=clock.now)

    assert BankFile.objects.get().status == "approved"


@pytest.mark.parametrize("place", PLACES)
def test_a_worker_killed_anywhere_delivered_it_once_or_not_at_all(ordered, server, place):
    due = ordered.delivery_due_at

    assert is_killed_at(place, lambda: deliver_bank_file(file_id=ordered.pk, leased_until=due))

    ordered.refresh_from_db()
    assert ordered.status == "delivering"
    deliver(ordered)
    assert there(server) == [f"{ordered.public_id}.xml"]
    assert ordered.status == "sent"
    assert broken_books() == []


def test_every_place_of_a_delivery_has_its_victim():
    found = {name for name in failpoints.NAMES if name.startswith("bank_doors.")}
    assert found == {AFTER_SEAL, *PLACES}


def test_what_the_bank_took_before_we_saw_it_there_is_not_delivered_again(ordered, server, clock):
    due = ordered.delivery_due_at
    assert is_killed_at(PLACES[-1], lambda: deliver_bank_file(file_id=ordered.pk, leased_until=due))
    # Banks take away what they have read.
    (server.root / "in" / f"{ordered.public_id}.xml").unlink()

    deliver(ordered)

    assert there(server) == []
    assert (ordered.status, ordered.delivery_due_at) == ("delivering", None)
    assert ordered.failure == "whereabouts"
    with pytest.raises(BankFileMoved):
        order_delivery(file_id=ordered.pk, actor=MAKER, now=clock.now)
    stop_delivery(file_id=ordered.pk, reason="asked", actor=MAKER, now=clock.now)
    assert BankFile.objects.get().status == "delivering"
    move_bank_file(
        file_id=ordered.pk, to=BankFileStatus.SENT, reason="Bank", actor=MAKER, now=clock.now
    )
    assert Settlement.objects.get().status == "sent"
    assert broken_books() == []


def test_what_the_bank_says_it_never_had_is_annulled_by_two(ordered, server, clock):
    due = ordered.delivery_due_at
    assert is_killed_at(PLACES[-1], lambda: deliver_bank_file(file_id=ordered.pk, leased_until=due))
    (server.root / "in" / f"{ordered.public_id}.xml").unlink()
    deliver(ordered)

    annul(ordered, clock)

    settlement = Settlement.objects.get()
    assert (settlement.status, settlement.bank_file) == ("waiting", None)
    assert broken_books() == []


def test_a_line_that_breaks_as_it_gets_its_name_is_looked_after(ordered, server, monkeypatch):
    publish = SftpOutbox.publish

    def broken(self, *args):
        publish(self, *args)
        raise FolderUnreachable("connection")

    monkeypatch.setattr(SftpOutbox, "publish", broken)
    deliver(ordered)
    assert (ordered.status, ordered.failure, ordered.failures) == ("delivering", "connection", 1)
    monkeypatch.setattr(SftpOutbox, "publish", publish)

    deliver(ordered)

    assert (ordered.status, ordered.failure, ordered.failures) == ("sent", "", 0)
    assert there(server) == [f"{ordered.public_id}.xml"]


def test_another_content_of_this_name_is_not_written_over(ordered, server):
    path = server.write(f"in/{ordered.public_id}.xml", "<Document>another</Document>")

    deliver(ordered)

    assert (ordered.status, ordered.failure) == ("delivering", "name_taken")
    assert (ordered.delivery_due_at, ordered.handed_at) == (None, None)
    assert path.read_text() == "<Document>another</Document>"


@pytest.mark.parametrize(
    ("change", "failure"),
    [
        ({"password": "another"}, "login"),
        ({"folder": "nowhere"}, "folder"),
        ({"host_keys": "none"}, "host_key"),
        ({"port": "none"}, "credentials"),
        ({"private_key": "none"}, "login"),
    ],
)
def test_what_no_repetition_mends_waits_for_a_person_and_goes_on(
    ordered, door, server, clock, settings, change, failure
):
    settings.SETTLEMENT_DOORS = {"test": {"XAF": {**door, **change}}}

    deliver(ordered)

    assert (ordered.status, ordered.delivery_due_at) == ("delivering", None)
    assert (ordered.failure, there(server)) == (failure, [])
    (finding,) = find("bank_file_undelivered", clock.now, includes_test=1.0)
    assert finding.facts["file"] == ordered.public_id
    settings.SETTLEMENT_DOORS = {"test": {"XAF": door}}
    order_delivery(file_id=ordered.pk, actor=MAKER, now=clock.now)
    assert deliver(ordered).status == "sent"
    assert find("bank_file_undelivered", clock.now, includes_test=1.0) == []


def test_a_server_with_another_key_than_the_pinned_gets_nothing(
    ordered, door, server, settings, tmp_path
):
    other = SftpServer(tmp_path / "other", password=server.password)
    settings.SETTLEMENT_DOORS = {"test": {"XAF": {**door, "port": other.port}}}

    deliver(ordered)
    other.close()

    assert (ordered.failure, other.logins) == ("host_key", 0)


def test_a_server_that_is_away_is_tried_again_and_then_left_to_a_person(
    ordered, door, settings, clock
):
    settings.SETTLEMENT_DOORS = {"test": {"XAF": {**door, "port": 1}}}
    deliver(ordered)
    assert ordered.failure == "connection"
    assert ordered.delivery_due_at > ordered.failing_since
    BankFile.objects.update(failures=FAILURES_MAX - 1)

    deliver(ordered)

    assert (ordered.failures, ordered.delivery_due_at) == (FAILURES_MAX, None)


def test_whom_it_may_not_pay_any_more_it_does_not_pay(approved, door, server, clock):
    ordered = order_delivery(file_id=approved.pk, actor=MAKER, now=clock.now)
    Merchant.objects.update(is_active=False)

    deliver(ordered)

    assert (ordered.failure, ordered.handed_at) == ("bank_file_outdated", None)
    assert not [name for name in there(server) if not name.startswith(".")]
    with pytest.raises(BankFileOutdated):
        order_delivery(file_id=approved.pk, actor=MAKER, now=clock.now)


def test_stopped_before_it_has_its_name_it_is_in_nobodys_hands(ordered, server, clock, monkeypatch):
    stage = SftpOutbox.stage

    def stopped_meanwhile(self, *args, **more):
        stage(self, *args, **more)
        stop_delivery(file_id=ordered.pk, reason="wait", actor=MAKER, now=clock.now)

    monkeypatch.setattr(SftpOutbox, "stage", stopped_meanwhile)
    deliver(ordered)

    assert (ordered.status, ordered.downloaded_by) == ("approved", "")
    assert ordered.failures == 0
    assert not [name for name in there(server) if not name.startswith(".")]


def test_a_worker_whose_lease_another_has_changes_nothing(ordered, server):
    late = ordered.delivery_due_at - timedelta(minutes=1)

    deliver_bank_file(file_id=ordered.pk, leased_until=late)

    ordered.refresh_from_db()
    assert (ordered.status, there(server)) == ("delivering", [])


def test_on_its_page_it_is_sent_on_its_way_stopped_and_seen(approved, door, clock, maker):
    page = reverse("admin:settlement_bankfile_change", args=[approved.pk])
    maker.cookies["django_language"] = "en"
    assert act(approved, "deliver") in maker.get(page).content.decode()

    maker.post(act(approved, "deliver"), {"sure": "yes"})

    assert BankFile.objects.get().status == "delivering"
    html = maker.get(page).content.decode()
    assert "Next at" in html
    assert act(approved, "stop") in html and act(approved, "annul") not in html
    maker.post(act(approved, "stop"), {"reason": "Later."})
    assert BankFile.objects.get().status == "approved"
    maker.post(act(approved, "deliver"), {"sure": "yes"})
    deliver(approved)
    assert approved.delivered_to in maker.get(page).content.decode()


def test_without_a_door_its_page_has_no_such_button(approved, maker):
    page = reverse("admin:settlement_bankfile_change", args=[approved.pk])

    assert act(approved, "deliver") not in maker.get(page).content.decode()


def test_what_a_restored_database_may_have_delivered_before_is_not_delivered_again(
    approved, door, server, clock
):
    order_delivery(file_id=approved.pk, actor="user:3", now=clock.now)
    deliver(approved)
    # The bank takes it, and the database forgets.
    (server.root / "in" / f"{approved.public_id}.xml").unlink()
    Settlement.objects.update(status="waiting")
    BankFile.objects.update(status="approved", downloaded_by="", handed_at=None, sent_at=None)
    clock.advance(minutes=1)
    hold_money_out(actor="operator:ama", reason="the disk died", now=clock.now)
    MoneyOutHold.objects.update(
        released_at=clock.now, released_by="operator:ama", release_reason="compared"
    )
    clear_all()

    deliver(order_delivery(file_id=approved.pk, actor="user:3", now=clock.now))

    assert there(server) == []
    approved.refresh_from_db()
    assert (approved.status, approved.failure) == ("delivering", "whereabouts")
    move_bank_file(
        file_id=approved.pk, to=BankFileStatus.SENT, reason="Bank", actor=MAKER, now=clock.now
    )
    assert BankFile.objects.get().status == "sent"
