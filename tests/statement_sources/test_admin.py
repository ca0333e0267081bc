"""What staff see and do of getting statements: by two where a server is believed, secrets never."""

from __future__ import annotations

from datetime import timedelta

import asyncssh
import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import override

from apps.approvals.models import ApprovalRequest
from apps.approvals.services.decide_approval import decide_approval
from apps.audit.models import AuditEntry
from apps.statement_sources.models import SourceConnection, StatementSource
from apps.statement_sources.rules.connection_digest import connection_digest
from apps.statement_sources.rules.refusals import ConnectionChanged
from apps.statement_sources.selectors.connection_in_force import connection_in_force
from apps.statement_sources.selectors.describe_connection import describe_connection
from apps.statement_sources.services.activate_connection import activate_connection
from apps.statement_sources.services.draft_connection import ConnectionOrder, draft_connection
from tests.admin.conftest import admin, login
from tests.factories import ProviderAccountFactory
from tests.statement_sources.conftest import make_source, the_file
from tests.statement_sources.rows import KEY, new_file, new_source

pytestmark = pytest.mark.django_db

__all__ = ["admin", "login"]

SECRET = "a-password-nobody-may-read"
PULL = {
    "host": "sftp.example", "port": "22", "username": "lomi", "host_keys": KEY, "folder": "out",
    "archive_folder": "", "password": SECRET, "pgp_mode": "plain",
    "reason": "Their letter of today",
}  # fmt: skip
NEW = {
    "way": "sftp_pull", "name": "MTN reports", "name_pattern": "momo_{year}{month}{day}_*.csv",
    "day_offset": "0", "days_covered": "1", "poll_times": "04:00 06:30",
    "weekdays": ["0", "1", "2", "3", "4"], "latest_time": "08:00", "first_day": "2026-03-01",
    "completeness": "unchanged", "marker_suffix": "", "after_fetch": "leave",
    "takes_corrections": "on", "size_max_mb": "200", "seen": "",
}  # fmt: skip


def page(name, *args):
    return reverse(f"admin:statement_sources_{name}", args=args)


def test_a_source_is_made_reached_by_two_and_then_switched_on(admin):
    account = ProviderAccountFactory()
    assert (
        admin.post(page("statementsource_add"), {**NEW, "account": account.pk}).status_code == 302
    )
    source = StatementSource.objects.get()
    assert (source.is_enabled, source.due_at, len(source.poll_times)) == (False, None, 2)

    edit = page("statementsource_edit", source.pk)
    refused = admin.post(edit, {**NEW, "is_enabled": "on"}, headers={"accept-language": "en"})
    assert "Two people have to agree first" in refused.content.decode()

    asked = admin.post(page("statementsource_connection", source.pk), PULL)
    assert asked.status_code == 302
    assert connection_in_force(source.pk) is None
    request = ApprovalRequest.objects.get()
    assert SECRET not in str(request.payload)

    decide_approval(
        request_id=request.pk,
        is_approved=True,
        shown_digest=bytes(request.digest),
        decided_by=User.objects.create_superuser("binta"),
        now=timezone.now(),
    )
    assert connection_in_force(source.pk).host == "sftp.example"
    assert admin.post(edit, {**NEW, "is_enabled": "on"}).status_code == 302
    source.refresh_from_db()
    assert source.is_enabled and source.due_at is not None
    assert "statement_source.change" in AuditEntry.objects.values_list("action", flat=True)


@pytest.mark.parametrize("language", ["en", "fr"])
def test_no_page_shows_a_secret(admin, language):
    source = make_source(ProviderAccountFactory())
    admin.post(page("statementsource_connection", source.pk), PULL)
    draft = SourceConnection.objects.get()
    request = ApprovalRequest.objects.get()
    addresses = [
        page("statementsource_change", source.pk),
        page("statementsource_connection", source.pk),
        page("sourceconnection_change", draft.pk),
        page("sourceconnection_changelist"),
        reverse("admin:approvals_approvalrequest_change", args=[request.pk]),
    ]

    for address in addresses:
        answer = admin.get(address, headers={"accept-language": language})
        assert answer.status_code == 200
        assert SECRET not in answer.content.decode()
    shown = admin.get(addresses[-1]).content.decode()
    assert asyncssh.import_public_key(KEY).get_fingerprint() in shown
    assert "sftp.example" in shown
    assert SECRET not in str(list(AuditEntry.objects.values_list("detail", flat=True)))


def test_our_key_is_made_here_and_only_its_public_half_leaves(admin):
    source = make_source(ProviderAccountFactory())

    admin.post(page("statementsource_connection", source.pk), {**PULL, "password": ""})

    shown = admin.get(page("statementsource_change", source.pk)).content.decode()
    draft = SourceConnection.objects.get()
    assert draft.our_public_key in shown
    assert b"PRIVATE KEY" not in bytes(draft.credentials_encrypted) and "PRIVATE" not in shown


def test_the_key_that_the_provider_is_given_is_the_one_that_holds_or_is_asked_for(admin):
    source = make_source(ProviderAccountFactory())
    held = _draft(source)
    _activate(held)
    admin.post(
        page("statementsource_connection", source.pk),
        {**PULL, "password": "", "wants_new_key": "on"},
    )
    asked, request = SourceConnection.objects.get(number=None), ApprovalRequest.objects.get()
    assert asked.our_public_key != held.our_public_key

    def shown():
        told = admin.get(page("statementsource_change", source.pk)).content.decode()
        return [one for one in (held, asked) if one.our_public_key in told]

    assert shown() == [asked]
    ApprovalRequest.objects.update(expires_at=request.requested_at)
    assert shown() == [held]
    ApprovalRequest.objects.update(expires_at=request.expires_at)
    decide_approval(
        request_id=request.pk,
        is_approved=False,
        shown_digest=bytes(request.digest),
        decided_by=User.objects.create_superuser("binta"),
        reason="Not this year",
        now=timezone.now(),
    )
    assert shown() == [held]


def _draft(source, **order):
    now = timezone.now()
    usual = {"host": "a.example", "username": "lomi", "host_keys": KEY}
    return draft_connection(
        source=source, order=ConnectionOrder(**usual | order), created_by="user:1", now=now
    )


def _activate(draft, *, approved_by="user:2", digest=""):
    return activate_connection(
        {"connection_id": str(draft.pk), "digest": digest or connection_digest(draft)},
        requested_by="user:1",
        approved_by=approved_by,
        reason="agreed",
        now=timezone.now(),
    )


def test_nobody_agrees_with_herself_nor_to_what_was_not_shown_nor_to_what_is_outdated():
    source = make_source(ProviderAccountFactory())
    first, second = _draft(source), _draft(source, host="b.example")

    for wrong in ({"approved_by": "user:1"}, {"digest": "0" * 64}):
        with pytest.raises(ConnectionChanged):
            _activate(first, **wrong)
    _activate(second)
    for outdated in (first, second):
        with pytest.raises(ConnectionChanged):
            _activate(outdated)

    assert connection_in_force(source.pk).host == "b.example"


def test_whoever_decides_reads_the_server_that_goes_and_any_new_password():
    source = make_source(ProviderAccountFactory())
    first = _draft(source, password="one")
    _activate(first)
    other = _draft(source, host="b.example", password="two")

    with override("en"):
        told = describe_connection({"connection_id": str(other.pk)})
        _activate(other)
        told_later = describe_connection({"connection_id": str(other.pk)})
        told_of_first = describe_connection({"connection_id": str(first.pk)})

    assert [line for line in told if "<" in line] == [
        "<strong>until now:</strong> <del>Server: lomi@a.example:22</del>",
        "<strong>new:</strong> <ins>Server: lomi@b.example:22</ins>",
        "<strong>new:</strong> <ins>With a password</ins>",
    ]
    assert told_later == told
    # Before the first one nothing held.
    assert not any("<" in line for line in told_of_first)


def test_a_change_of_what_somebody_else_changed_meanwhile_is_refused(admin):
    source = new_source(ProviderAccountFactory(), now=timezone.now())
    edit = page("statementsource_edit", source.pk)
    seen = admin.get(edit).context["form"].initial["seen"]
    StatementSource.objects.update(size_max_mb=7)

    answer = admin.post(edit, {**NEW, "seen": seen}, headers={"accept-language": "en"})

    assert "Somebody else changed the source meanwhile" in answer.content.decode()
    assert StatementSource.objects.get().size_max_mb == 7


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"poll_times": "25:00"}, "Hours as 04:00"),
        ({"poll_times": ""}, "required"),
        ({"name_pattern": "{years}"}, "{years} is no word"),
        ({"completeness": "marker"}, "What does the marker end with"),
        ({"weekdays": []}, "required"),
        ({"size_max_mb": "9999999999"}, "less than or equal to 1024"),
    ],
)
def test_what_is_no_schedule_is_refused_at_its_field(admin, changed, told):
    account = ProviderAccountFactory()

    answer = admin.post(
        page("statementsource_add"),
        {**NEW, "account": account.pk, **changed},
        headers={"accept-language": "en"},
    )

    assert told in answer.content.decode()
    assert not StatementSource.objects.exists()


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"host": "a b"}, "no host"),
        ({"host_keys": "rubbish"}, "no public key"),
        ({"username": "a/b"}, "no user"),
    ],
)
def test_what_is_no_connection_is_refused_at_its_field(admin, changed, told):
    source = make_source(ProviderAccountFactory())

    answer = admin.post(
        page("statementsource_connection", source.pk),
        {**PULL, **changed},
        headers={"accept-language": "en"},
    )

    assert told in answer.content.decode()
    assert not SourceConnection.objects.exists() and not ApprovalRequest.objects.exists()


def test_a_file_that_waits_is_read_again_or_discarded_with_a_reason(admin):
    now = timezone.now()
    source = new_source(ProviderAccountFactory(), now=now)
    file = new_file(source, now=now)

    assert admin.post(page("receivedfile_discard", file.pk), {"reason": " "}).status_code == 200
    assert the_file().status == "quarantined"
    again = {"reason": "The layout is mended", "day": "2026-03-09", "days": "1"}
    assert admin.post(page("receivedfile_again", file.pk), again).status_code == 302

    file.refresh_from_db()
    assert (file.status, file.problem, str(file.day)) == ("fetched", "", "2026-03-09")
    assert file.due_at is not None
    answer = admin.post(
        page("receivedfile_discard", file.pk),
        {"reason": "No report"},
        headers={"accept-language": "en"},
    )
    assert "does not wait for a person" in answer.content.decode()


@pytest.mark.parametrize("is_on", [True, False])
def test_whoever_asks_for_a_day_anew_is_told_when_the_provider_is_asked(admin, is_on):
    now = timezone.now()
    account = ProviderAccountFactory(connector="wave", country="SN", currency="XOF")
    source = new_source(account, now=now)
    file = new_file(source, now=now)
    source.way, source.is_enabled, source.due_at = "api", is_on, None
    source.save()
    admin.post(page("receivedfile_discard", file.pk), {"reason": "Half of it."})

    answer = admin.post(
        page("receivedfile_anew", file.pk),
        {"reason": "Half of it was missing."},
        headers={"accept-language": "en"},
        follow=True,
    )

    told = answer.content.decode()
    assert ("The provider is asked for the day anew." in told) == is_on
    assert ("The source is off: the provider is asked" in told) == (not is_on)
    source.refresh_from_db()
    assert (source.due_at is not None) == is_on


def test_who_may_only_look_finds_no_button_and_no_door(login):
    now = timezone.now()
    source = new_source(ProviderAccountFactory(), now=now)
    file = new_file(source, now=now)
    client = login("statement_sources.view_statementsource", "statement_sources.view_receivedfile")

    assert "lomi-button" not in client.get(page("receivedfile_change", file.pk)).content.decode()
    for name, row in (
        ("statementsource_edit", source),
        ("statementsource_connection", source),
        ("statementsource_look", source),
        ("receivedfile_again", file),
        ("receivedfile_discard", file),
        ("receivedfile_anew", file),
    ):
        assert client.post(page(name, row.pk), {"reason": "x"}).status_code == 403, name
    assert client.get(page("day")).status_code == 200
    assert Client().get(page("day")).status_code == 302


def test_looking_now_makes_a_source_due(admin):
    source = new_source(ProviderAccountFactory(), now=timezone.now())

    assert admin.post(page("statementsource_look", source.pk)).status_code == 302

    source.refresh_from_db()
    assert source.due_at <= timezone.now() + timedelta(seconds=1)


BY_API = {
    name: value
    for name, value in NEW.items()
    if name not in ("name_pattern", "day_offset", "days_covered", "completeness", "after_fetch")
}


def test_a_source_by_api_is_made_and_switched_on_by_one_and_asks_for_no_file_name(admin):
    account = ProviderAccountFactory(connector="wave", country="SN", currency="XOF")
    made = {**NEW, "way": "api", "name_pattern": "", "account": account.pk}
    assert admin.post(page("statementsource_add"), made).status_code == 302
    source = StatementSource.objects.get()

    edit = page("statementsource_edit", source.pk)
    assert b"name_pattern" not in admin.get(edit).content
    assert admin.post(edit, {**BY_API, "is_enabled": "on"}).status_code == 302

    source.refresh_from_db()
    assert source.due_at is not None
    assert source.name_pattern == "movements_{year}-{month}-{day}"
    # There is no server on which two people could agree.
    assert admin.get(page("statementsource_connection", source.pk)).status_code == 404
    assert admin.get(page("statementsource_change", source.pk)).status_code == 200


def test_a_source_by_an_api_that_lists_nothing_is_refused_where_it_is_chosen(admin):
    made = {**NEW, "way": "api", "account": ProviderAccountFactory().pk}

    refused = admin.post(page("statementsource_add"), made, headers={"accept-language": "en"})

    assert "lists no movements" in refused.content.decode()
    assert not StatementSource.objects.exists()
