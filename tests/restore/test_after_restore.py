"""What the command does to a database that forgot its last seconds."""

from __future__ import annotations

from io import StringIO

import pytest
from allauth.usersessions.models import UserSession
from django.core.management import CommandError, call_command
from django.db import connection

from apps.audit.chain import Anchor
from apps.audit.models import AuditEntry
from apps.audit.selectors.read_head import read_head
from apps.audit.services.chain_entries import chain_entries
from apps.audit.services.record import record
from apps.audit.services.verify_chain import verify_chain
from apps.core.ttl_cache import clear_all
from apps.orchestration.models import Attempt, MoneyOutHold
from apps.orchestration.services.release_money_out import (
    MoneyOutNotReleasable,
    release_money_out,
)
from apps.reconciliation.services.after_restore import PlatformStillRuns, after_restore
from tests.fakes import submit_due
from tests.restore.conftest import GRACE_S, forgotten

pytestmark = pytest.mark.django_db


def note(clock, what):
    record(actor="system", action=what, now=clock.now)
    chain_entries()
    head = read_head()
    assert head is not None
    return head


def numbers():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT sequencename, last_value FROM pg_sequences"
            " WHERE schemaname = current_schema() AND last_value IS NOT NULL"
        )
        return dict(cursor.fetchall())


def test_no_position_of_the_chain_names_two_entries(clock, restore):
    kept = note(clock, "test.kept")
    with forgotten():
        lost = note(clock, "test.lost")
    # Without the command, other entries would stand where the anchor says.
    with forgotten():
        note(clock, "test.other")
        assert verify_chain(anchors=[kept, lost]) is not None

    done = restore()

    assert verify_chain(anchors=[kept, lost]) is None
    assert done.head == read_head()
    after = note(clock, "test.after")
    assert after.position > done.head.position > lost.position
    assert verify_chain(anchors=[kept, lost, done.head, after]) is None


def test_what_the_restore_left_out_is_said_by_whoever_verifies(clock, restore):
    kept = note(clock, "test.kept")
    restore()

    said = StringIO()
    call_command("verify_audit", stdout=said)

    assert f"restored {clock.now:%Y-%m-%d %H:%M:%S} UTC: positions {kept.position + 1} to" in (
        said.getvalue()
    )
    assert "whole up to" in said.getvalue()


def test_a_chain_that_is_cut_without_a_restore_is_found_as_ever(clock, restore):
    restore()
    anchor = note(clock, "test.kept")
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE audit_auditentry DISABLE TRIGGER USER")
        cursor.execute("DELETE FROM audit_auditentry WHERE position = %s", [anchor.position])
        cursor.execute("ALTER TABLE audit_auditentry ENABLE TRIGGER USER")

    assert verify_chain(anchors=[anchor]) is not None
    # An anchor of after the restore is no anchor of what it left out.
    assert verify_chain(anchors=[Anchor(anchor.position + 5, anchor.chain_hash)]) is not None


def test_an_entry_that_only_says_so_leaves_nothing_out(clock):
    head = note(clock, "test.kept")
    wrong = {"chain_resumes_after": head.position - 1, "chain_resumes_at": head.position + 50}
    record(actor="system", action="platform.restored", detail=wrong, now=clock.now)
    chain_entries()

    assert AuditEntry.objects.get(action="platform.restored").position == head.position + 1


def test_no_number_is_given_again(clock, restore):
    note(clock, "test.first")
    with connection.cursor() as cursor:
        # None of it was given before the backup.
        cursor.execute("CREATE SEQUENCE test_unused")
    before = {**numbers(), "test_unused": 0}

    restore()

    after = numbers()
    assert "audit_auditentry_id_seq" in before
    assert all(after[name] >= number + 100_000 for name, number in before.items())


def test_orders_under_way_are_asked_about_at_once(clock, provider, create, restore):
    create()
    submit_due(clock.now)
    attempt = Attempt.objects.get(operation="disburse")
    assert attempt.next_check_at > clock.now

    assert restore().asked == 1

    attempt.refresh_from_db()
    assert attempt.next_check_at == clock.now


def test_everybody_signs_in_anew(clock, restore, admin_user, client):
    client.force_login(admin_user)
    UserSession.objects.create_from_request(client.get("/").wsgi_request)

    assert restore().sessions == 1

    assert not UserSession.objects.exists()


def test_it_is_safe_to_run_twice(clock, create, restore):
    create()
    restore()
    restore()

    assert MoneyOutHold.objects.count() == 1
    assert verify_chain() is None


def test_it_refuses_while_anything_else_works(clock, monkeypatch):
    import apps.reconciliation.services.after_restore as module

    monkeypatch.setattr(module, "OTHERS", "SELECT 3")

    with pytest.raises(PlatformStillRuns):
        after_restore(actor="operator:ama", reason="r", places=[], now=clock.now)

    assert not MoneyOutHold.objects.exists()


@pytest.mark.parametrize(
    ("actor", "reason", "wait_s"),
    [("operator:ama", "compared", 0), ("operator:ama", " ", GRACE_S), (" ", "r", GRACE_S)],
)
def test_money_out_is_released_by_a_name_a_reason_and_not_too_early(
    clock, account, restore, actor, reason, wait_s
):
    restore()
    clock.advance(seconds=wait_s)

    with pytest.raises(MoneyOutNotReleasable):
        release_money_out(actor=actor, reason=reason, now=clock.now)

    assert MoneyOutHold.objects.filter(released_at=None).exists()


def test_what_is_not_held_is_not_released(clock):
    with pytest.raises(CommandError, match="not held"):
        call_command("release_money_out", "--by", "ama", "--reason", "r")


def test_both_commands_leave_their_names_on_the_trail(clock, account, monkeypatch):
    import apps.reconciliation.services.after_restore as module

    monkeypatch.setattr(module, "OTHERS", "SELECT 0")
    said = StringIO()
    call_command("after_restore", "--by", "ama", "--reason", "the disk died", stdout=said)
    clear_all()
    clock.advance(seconds=GRACE_S)
    call_command("release_money_out", "--by", "kofi", "--reason", "compared", stdout=said)

    assert "money out is held" in said.getvalue()
    assert "money out is released" in said.getvalue()
    trail = dict(AuditEntry.objects.values_list("action", "actor"))
    assert trail["money_out.hold"] == trail["platform.restored"] == "operator:ama"
    assert trail["money_out.release"] == "operator:kofi"
