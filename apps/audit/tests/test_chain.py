from __future__ import annotations

from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction

from apps.audit.chain import Anchor
from apps.audit.models import AuditEntry
from apps.audit.selectors.read_head import read_head
from apps.audit.selectors.unsealed_since import unsealed_since
from apps.audit.services.chain_entries import LOCK, chain_entries
from apps.audit.services.record import record
from apps.audit.services.verify_chain import BrokenLink, verify_chain
from apps.audit.tasks import chain_entries as chaining
from apps.core import database_clock

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@pytest.fixture
def anchor(db) -> Anchor:
    """Six chained entries and the head as it was kept elsewhere."""
    for n in range(6):
        moment = NOW + timedelta(seconds=n)
        record(actor=f"user:{n}", action="test.act", target=f"t{n}", detail={"é": n}, now=moment)
    chain_entries()
    head = read_head()
    assert head is not None
    return head


def at(position: int) -> AuditEntry:
    return AuditEntry.objects.get(position=position)


def tamper(sql: str, *parameters: object) -> None:
    """As someone who owns the database: the trigger is out of the way."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE audit_auditentry DISABLE TRIGGER USER")
        cursor.execute(sql, parameters)
        cursor.execute("ALTER TABLE audit_auditentry ENABLE TRIGGER USER")


def rechain_from(position: int) -> None:
    """What a careful forger does: make every hash fit again."""
    tamper(
        "UPDATE audit_auditentry SET position = NULL, chain_hash = NULL WHERE position >= %s",
        position,
    )
    chain_entries()


def test_an_honest_chain_is_whole(anchor):
    record(actor="system", action="test.later", now=NOW)
    chain_entries()

    assert verify_chain(anchors=[anchor]) is None
    assert anchor.position == 6


def test_a_chain_of_many_pages_is_verified_to_its_end(anchor, monkeypatch):
    monkeypatch.setattr("apps.audit.services.verify_chain.ROWS_AT_ONCE", 2)
    assert verify_chain(anchors=[anchor]) is None
    sixth = at(6)

    tamper("UPDATE audit_auditentry SET actor = 'user:9' WHERE position = 6")

    assert verify_chain() == BrokenLink(6, sixth.pk, "the entry is not what was chained")


def test_an_updated_entry_is_named(anchor):
    tamper("UPDATE audit_auditentry SET actor = 'user:9' WHERE position = 3")

    broken = verify_chain(anchors=[anchor])

    assert broken == BrokenLink(3, at(3).pk, "the entry is not what was chained")


def test_a_deleted_entry_is_named_by_its_position(anchor):
    tamper("DELETE FROM audit_auditentry WHERE position = 3")

    assert verify_chain(anchors=[anchor]) == BrokenLink(3, None, "no entry has this position")


def test_an_inserted_entry_is_named(anchor):
    for position in (6, 5, 4, 3):
        tamper("UPDATE audit_auditentry SET position = position + 1 WHERE position = %s", position)
    tamper(
        "INSERT INTO audit_auditentry"
        " (actor, action, target, detail, created_at, position, chain_hash)"
        " VALUES ('user:1', 'test.forged', '', '{}', now(), 3, decode(repeat('00', 32), 'hex'))"
    )

    broken = verify_chain(anchors=[anchor])

    assert (broken.position, broken.entry_id) == (3, at(3).pk)


def test_reordered_entries_are_named(anchor):
    for old, new in ((3, -1), (4, 3), (-1, 4)):
        tamper("UPDATE audit_auditentry SET position = %s WHERE position = %s", new, old)

    assert verify_chain(anchors=[anchor]).position == 3


def test_a_cut_tail_is_named(anchor):
    tamper("DELETE FROM audit_auditentry WHERE position > 4")

    broken = verify_chain(anchors=[anchor])

    assert broken == BrokenLink(5, None, "the chain ends before its anchor")


def test_a_replaced_head_is_named(anchor):
    tamper("UPDATE audit_auditentry SET action = 'test.other' WHERE position = 6")
    rechain_from(6)

    broken = verify_chain(anchors=[anchor])

    assert broken == BrokenLink(6, at(6).pk, "the chain was rewritten up to here")


def test_a_changed_clock_is_named(anchor):
    tamper(
        "UPDATE audit_auditentry SET created_at = created_at + interval '1 microsecond'"
        " WHERE position = 2"
    )

    assert verify_chain(anchors=[anchor]).position == 2


def test_swapped_rows_are_named(anchor):
    # Each keeps its place and seal; what they tell changes hands.
    tamper(
        "UPDATE audit_auditentry AS one SET actor = other.actor, target = other.target,"
        " detail = other.detail, created_at = other.created_at"
        " FROM audit_auditentry AS other"
        " WHERE (one.position, other.position) IN ((2, 5), (5, 2))"
    )

    assert verify_chain(anchors=[anchor]).position == 2


def test_a_chain_rewritten_throughout_is_named_at_the_first_anchor_it_misses(anchor):
    early = Anchor(2, bytes(at(2).chain_hash))
    tamper("UPDATE audit_auditentry SET actor = 'user:9' WHERE position = 4")
    rechain_from(4)

    assert verify_chain() is None
    assert verify_chain(anchors=[early, anchor]).position == 6


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE audit_auditentry SET actor = 'user:9'",
        "UPDATE audit_auditentry SET created_at = now()",
        "UPDATE audit_auditentry SET position = position + 100",
        "UPDATE audit_auditentry SET position = NULL, chain_hash = NULL",
        "DELETE FROM audit_auditentry",
    ],
)
def test_the_database_refuses_to_change_what_is_chained(anchor, sql):
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)

    assert verify_chain(anchors=[anchor]) is None


def test_the_database_refuses_to_change_what_is_not_yet_chained(db):
    record(actor="system", action="test.act", now=NOW)

    with pytest.raises(IntegrityError), transaction.atomic():
        AuditEntry.objects.update(target="other")
    with pytest.raises(IntegrityError), transaction.atomic():
        AuditEntry.objects.all().delete()

    assert AuditEntry.objects.get().target == ""


def test_chaining_takes_what_waits_in_order_and_only_once(db):
    for n in range(5):
        record(actor="system", action=f"test.{n}", now=NOW)

    assert [chain_entries(limit=3), chain_entries(limit=3), chain_entries()] == [3, 2, 0]
    chained = AuditEntry.objects.order_by("position").values_list("action", "position")
    assert list(chained) == [(f"test.{n}", n + 1) for n in range(5)]


@pytest.mark.django_db(transaction=True)
def test_only_one_process_chains_at_a_time():
    record(actor="system", action="test.act", now=NOW)
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])
            meanwhile = chain_entries()
            cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])
    finally:
        other.close()

    assert [meanwhile, chain_entries()] == [0, 1]


def test_what_is_undone_leaves_no_entry(db):
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        record(actor="system", action="test.act", now=NOW)
        raise ZeroDivisionError

    assert not AuditEntry.objects.exists()


def test_the_command_prints_a_head_that_serves_as_anchor(anchor):
    out = StringIO()

    call_command("verify_audit", stdout=out)

    printed = out.getvalue().split()[-1]
    assert printed == f"6:{anchor.chain_hash.hex()}"
    call_command("verify_audit", f"--anchor={printed}", stdout=out)


def test_the_command_fails_on_a_broken_chain(anchor):
    tamper("DELETE FROM audit_auditentry WHERE position = 6")

    with pytest.raises(CommandError, match="position 6: the chain ends before its anchor"):
        call_command("verify_audit", f"--anchor=6:{anchor.chain_hash.hex()}")


def test_an_entry_dated_back_is_named_though_its_hash_is_right(anchor):
    record(actor="system", action="test.later", now=NOW + timedelta(days=40))
    record(actor="user:9", action="test.back_dated", now=NOW + timedelta(days=5))
    record(actor="system", action="test.after", now=NOW + timedelta(days=40))
    chain_entries()

    broken = verify_chain(anchors=[anchor])

    assert broken == BrokenLink(8, at(8).pk, "its time is before that of the entries before")


def test_acts_that_began_earlier_and_ended_later_are_no_back_dating(anchor):
    record(actor="system", action="test.quick", now=NOW + timedelta(minutes=14))
    record(actor="system", action="test.long", now=NOW + timedelta(minutes=1))
    chain_entries()

    assert verify_chain(anchors=[anchor]) is None


def test_what_stands_unsealed_for_more_than_a_minute_is_a_failure_and_an_alarm(anchor, caplog):
    record(actor="user:9", action="test.unsealed", now=database_clock.now() - timedelta(days=1))

    with pytest.raises(CommandError, match="not sealed since"):
        call_command("verify_audit", stdout=StringIO())
    chaining()

    assert "audit entries stood unsealed" in caplog.text
    caplog.clear()
    record(actor="user:9", action="test.young", now=database_clock.now())
    chaining()
    assert caplog.text == ""
    assert unsealed_since(now=database_clock.now()) is None
