"""Files that have to be signed and encrypted, as two people agreed: refused, or read once."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from apps.approvals.models import ApprovalRequest
from apps.audit.models import AuditEntry
from apps.core.models import OutboxMessage
from apps.reconciliation.models import Statement
from apps.reconciliation.tests.reports import DAY, foreign_line
from apps.statement_sources.models import (
    FileStatus,
    OpenedFile,
    OpenedPiece,
    ReceivedFile,
    SourceConnection,
    StatementSource,
)
from apps.statement_sources.rules.agreed_keys import OURS, agreed_keys, in_groups
from apps.statement_sources.rules.connection_digest import connection_digest
from apps.statement_sources.rules.refusals import ConnectionInvalid
from apps.statement_sources.selectors.describe_connection import connection_lines
from apps.statement_sources.selectors.find_late import find_late
from apps.statement_sources.services.activate_connection import activate_connection
from apps.statement_sources.services.complete_file import complete_file
from apps.statement_sources.services.draft_connection import ConnectionOrder, draft_connection
from apps.statement_sources.services.draft_pgp import PgpOrder
from apps.statement_sources.services.make_our_key import make_our_key
from apps.statement_sources.services.read_again import read_again
from apps.statement_sources.services.read_file import read_file
from apps.statement_sources.transports import gnupg
from apps.statement_sources.transports.gnupg import PgpUnavailable
from apps.statement_sources.transports.pgp_keys import CURVE, new_key_pair
from apps.statement_sources.transports.piece_store import (
    keep_piece,
    read_opened_pieces,
    read_pieces,
)
from tests.admin.conftest import admin
from tests.killed import is_killed_at
from tests.statement_sources.conftest import (
    MAKER,
    MORNING,
    NAME,
    connect,
    make_source,
    poll,
    read_all,
    switch_on,
    the_file,
)
from tests.statement_sources.pgp import bank, close_banks, needs_gnupg
from tests.statement_sources.rows import KEY

pytestmark = [needs_gnupg, pytest.mark.django_db]

__all__ = ["admin"]

CONTENT = foreign_line(reference="r-1", provider_reference="TX1").encode()
OTHER = foreign_line(reference="r-2", provider_reference="TX2").encode()
WANTED = {"includes_test": True}
OPENING = "sources.open.before_commit"


@pytest.fixture(autouse=True, scope="module")
def banks():
    yield
    close_banks()


def agree(source, order, *, now=MORNING):
    return connect(source, now=now, partner_keys=KEY, pgp=order)


@pytest.fixture
def source(morning, account):
    """Of files that A signs and encrypts to us, dropped in."""
    made = make_source(account, way="drop_in", first_day=DAY)
    agree(made, PgpOrder(mode="encrypted", provider_keys=bank("A").public_key))
    return switch_on(made)


def later():
    """A's next key."""
    return bank("A+", made_at="20260201T000000")


def our_key(source):
    return SourceConnection.objects.filter(source=source).latest("number").pgp_our_keys


def receive(source, content, *, now=MORNING, name=NAME) -> ReceivedFile:
    """All of a file is here, as a look ends."""
    file = ReceivedFile.objects.create(
        source=source, name=name, size=len(content), stamp="", status="fetching", seen_at=now,
        pieces=1,
    )  # fmt: skip
    keep_piece(file.pk, 0, content)
    return complete_file(source=source, file=file, digest=hashlib.sha256(content).digest(), now=now)


def state_of(file):
    file.refresh_from_db()
    return file.status, file.problem


@pytest.mark.django_db(transaction=True)
def test_a_sealed_report_is_fetched_read_once_and_kept_as_it_came_and_as_it_was(
    morning, account, server
):
    source = make_source(account)
    agreed = PgpOrder(mode="encrypted", provider_keys=bank("A").public_key)
    connect(
        source, host="127.0.0.1", port=server.port, username="lomi", folder="out",
        host_keys=server.host_key_line, password=server.password, pgp=agreed,
    )  # fmt: skip
    sealed = bank("A").send(CONTENT, our_key(source))
    server.write(f"out/{NAME}", sealed)
    switch_on(source)

    for _again in range(2):
        poll(source)
        read_all()

    file = the_file()
    assert (file.status, file.day, file.statement.lines_read) == ("imported", DAY, 1)
    assert b"".join(read_pieces(file.pk)) == sealed
    assert bytes(file.sha256) == hashlib.sha256(sealed).digest()
    assert b"".join(read_opened_pieces(file.pk)) == CONTENT
    assert bytes(file.opened.sha256) == hashlib.sha256(CONTENT).digest()
    assert (file.opened.signed_by, file.opened.size) == (bank("A").fingerprint, len(CONTENT))
    assert file.opened.encrypted_to == agreed_keys(file.opened.connection, OURS)[0].fingerprint
    assert b"TX1" not in bytes(OpenedPiece.objects.get().content_encrypted)


def test_what_is_not_as_agreed_is_refused_and_nothing_of_it_kept(source):
    found = {}
    for number, (what, content) in enumerate(
        {
            "clear": CONTENT,
            "signed": bank("A").sign(CONTENT),
            "encrypted": bank("A").encrypt(CONTENT, our_key(source)),
            "of another": bank("B").send(CONTENT, our_key(source)),
        }.items()
    ):
        file = receive(source, content, name=f"report_2026031{number}.json")
        read_all()
        found[what] = state_of(file)

    assert found == {
        "clear": ("quarantined", "pgp_cleartext"),
        "signed": ("quarantined", "pgp_not_encrypted"),
        "encrypted": ("quarantined", "pgp_not_signed"),
        "of another": ("quarantined", "pgp_unknown_key"),
    }
    assert not Statement.objects.exists() and not OpenedFile.objects.exists()


def test_a_refused_file_is_a_missing_day_at_once_until_the_right_one_is_there(source):
    assert list(find_late(WANTED, MORNING)) == []
    refused = receive(source, bank("B").send(CONTENT, our_key(source)))
    read_all()
    assert state_of(refused) == ("quarantined", "pgp_unknown_key")
    assert [one.facts["day"] for one in find_late(WANTED, MORNING)] == [DAY.isoformat()]

    receive(source, bank("A").send(CONTENT, our_key(source)))
    read_all()

    assert list(find_late(WANTED, MORNING)) == []
    assert Statement.objects.get().lines_read == 1


def test_a_file_of_a_new_key_is_read_once_two_people_agreed_on_it(source, morning):
    file = receive(source, bank("B").send(CONTENT, our_key(source)))
    read_all()
    morning.advance(hours=1)
    both = bank("A").public_key + bank("B").public_key
    order = PgpOrder(mode="encrypted", provider_keys=both, overlap_until=DAY + timedelta(days=9))
    agree(source, order, now=morning.now)

    read_again(file_id=file.pk, reason="They changed it", actor=MAKER, now=morning.now)
    read_all()

    assert state_of(file) == ("imported", "")
    assert file.opened.signed_by == bank("B").fingerprint


def test_the_same_content_sealed_anew_counts_once(source):
    first = receive(source, bank("A").send(CONTENT, our_key(source)))
    read_all()
    again = receive(source, bank("A").send(CONTENT, our_key(source)))
    read_all()
    Statement.objects.update(status=Statement.Status.WITHDRAWN)
    once_more = receive(source, bank("A").send(CONTENT, our_key(source)))
    read_all()

    assert state_of(first) == ("imported", "")
    assert state_of(again) == state_of(once_more) == ("discarded", "same_content")
    assert not again.is_correction and bytes(again.sha256) != bytes(first.sha256)
    assert Statement.objects.count() == 1


@pytest.mark.parametrize("is_taken", [True, False])
def test_another_content_under_the_name_is_a_correction_as_the_source_takes_them(
    source, morning, is_taken
):
    StatementSource.objects.filter(pk=source.pk).update(takes_corrections=is_taken)
    source.refresh_from_db()
    receive(source, bank("A").send(CONTENT, our_key(source)))
    read_all()
    other = receive(source, bank("A").send(OTHER, our_key(source)))
    read_all()

    assert state_of(other)[0] == ("imported" if is_taken else "quarantined")
    assert other.is_correction
    if not is_taken:
        assert other.problem == "name_reused"
        read_again(file_id=other.pk, reason="It counts", actor=MAKER, now=morning.now)
        read_all()
        assert state_of(other) == ("imported", "")
    assert Statement.objects.count() == 2


def test_who_has_a_file_read_again_for_its_key_has_not_said_that_it_is_a_correction(
    source, morning
):
    StatementSource.objects.filter(pk=source.pk).update(takes_corrections=False)
    source.refresh_from_db()
    receive(source, bank("A").send(CONTENT, our_key(source)))
    other = receive(source, bank("B").send(OTHER, our_key(source)))
    read_all()
    assert state_of(other) == ("quarantined", "pgp_unknown_key")
    morning.advance(hours=1)
    both = bank("A").public_key + bank("B").public_key
    order = PgpOrder(mode="encrypted", provider_keys=both, overlap_until=DAY + timedelta(days=9))
    agree(source, order, now=morning.now)

    read_again(file_id=other.pk, reason="Their new key", actor=MAKER, now=morning.now)
    read_all()

    assert state_of(other) == ("quarantined", "name_reused")
    assert Statement.objects.count() == 1


def test_a_key_that_was_made_after_a_file_came_is_none_of_its(source, morning):
    by_theirs = receive(
        source, bank("A").send(CONTENT, our_key(source)), name="report_20260310a.json"
    )
    to_ours = receive(source, bank("A").send(OTHER, our_key(source)), name="report_20260310b.json")
    lost = bank("A after it was lost", made_at="20260311T090000")
    order = PgpOrder(mode="encrypted", provider_keys=lost.public_key)

    agree(source, order, now=MORNING + timedelta(days=1))
    read_all(now=MORNING + timedelta(days=1))
    assert state_of(by_theirs) == ("quarantined", "pgp_unknown_key")

    agree(source, replace(order, mode="signed"), now=MORNING + timedelta(days=2))
    # The pair before it is forgotten: a new one is made.
    agree(source, order, now=MORNING + timedelta(days=3))
    read_again(file_id=to_ours.pk, reason="Again", actor=MAKER, now=MORNING + timedelta(days=3))
    read_all(now=MORNING + timedelta(days=3))
    assert state_of(to_ours) == ("quarantined", "pgp_other_recipient")


@pytest.mark.parametrize("is_taken", [True, False])
def test_what_came_as_it_is_before_files_were_signed_is_the_earlier_one(source, morning, is_taken):
    SourceConnection.objects.filter(source=source).update(pgp_mode="plain")
    StatementSource.objects.filter(pk=source.pk).update(takes_corrections=is_taken)
    source.refresh_from_db()
    receive(source, CONTENT)
    read_all()
    SourceConnection.objects.filter(source=source).update(pgp_mode="encrypted")

    same = receive(source, bank("A").send(CONTENT, our_key(source)))
    other = receive(source, bank("A").send(OTHER, our_key(source)))
    read_all(now=MORNING + timedelta(hours=1))

    assert state_of(same) == ("discarded", "same_content")
    assert state_of(other) == (("imported", "") if is_taken else ("quarantined", "name_reused"))
    assert other.is_correction


def test_of_two_that_are_opened_at_once_the_second_to_end_is_the_correction(source):
    StatementSource.objects.filter(pk=source.pk).update(takes_corrections=False)
    source.refresh_from_db()
    slow = receive(source, bank("A").send(CONTENT, our_key(source)))
    quick = receive(source, bank("A").send(OTHER, our_key(source)))

    for file, began in ((quick, MORNING + timedelta(seconds=9)), (slow, MORNING)):
        read_file(file_id=file.pk, leased_until=file.due_at, now=began)

    assert state_of(quick) == ("imported", "")
    assert state_of(slow) == ("quarantined", "name_reused")


@pytest.mark.django_db(transaction=True)
def test_after_a_refused_file_the_right_one_is_looked_for_while_its_day_is_missing(
    morning, account, server
):
    source = make_source(account)
    agreed = PgpOrder(mode="signed", provider_keys=bank("A").public_key)
    connect(
        source, host="127.0.0.1", port=server.port, username="lomi", folder="out",
        host_keys=server.host_key_line, password=server.password, pgp=agreed,
    )  # fmt: skip
    switch_on(source)
    server.write(f"out/{NAME}", bank("B").sign(CONTENT))

    waits = []
    for _look in range(2):
        poll(source)
        read_all()
        source.refresh_from_db()
        waits.append(source.due_at - morning.now)

    assert state_of(the_file()) == ("quarantined", "pgp_unknown_key")
    assert waits == [timedelta(minutes=15)] * 2


def test_older_keys_hold_up_to_their_day_on_both_sides(source, morning):
    old, last_day = our_key(source), DAY + timedelta(days=5)
    both = bank("A").public_key + later().public_key
    morning.advance(hours=1)
    order = PgpOrder(
        mode="encrypted", provider_keys=both, new_key="cv25519", overlap_until=last_day
    )
    agree(source, order, now=morning.now)
    new = our_key(source)
    assert old != new

    def fate(sender, to, *, day):
        now, number = MORNING + timedelta(days=day), ReceivedFile.objects.count()
        content = foreign_line(reference=f"r-{number}", provider_reference=f"TX{number}").encode()
        file = receive(
            source, sender.send(content, to), now=now, name=f"report_20260310_{number}.json"
        )
        read_all()
        return state_of(file)[1]

    after = later()
    assert [fate(bank("A"), old, day=4), fate(after, new, day=4)] == ["", ""]
    assert fate(bank("A"), new, day=6) == "pgp_unknown_key"
    assert fate(after, old, day=6) == "pgp_other_recipient"
    assert fate(after, new, day=6) == ""


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("place", [OPENING, "sources.read.before_commit"])
def test_an_opening_killed_anywhere_is_done_again_and_counts_once(source, morning, place):
    file = receive(source, bank("A").send(CONTENT, our_key(source)))
    assert is_killed_at(place, read_all)
    assert state_of(file) == ("fetched", "")
    assert not Statement.objects.exists()

    morning.advance(hours=1)
    read_all()

    assert state_of(file) == ("imported", "")
    assert (Statement.objects.count(), OpenedPiece.objects.count()) == (1, 1)


def test_without_gnupg_a_file_waits_and_is_not_refused(source, monkeypatch):
    file = receive(source, bank("A").send(CONTENT, our_key(source)))
    with monkeypatch.context() as without:
        without.setattr(gnupg.shutil, "which", lambda name: None)
        with pytest.raises(PgpUnavailable):
            read_all()
    assert state_of(file) == (FileStatus.FETCHED, "")

    read_all()

    assert state_of(file) == ("imported", "")


def refused_field(source, order):
    with pytest.raises(ConnectionInvalid) as refused:
        draft_connection(
            source=source,
            order=ConnectionOrder(partner_keys=KEY, pgp=order),
            created_by=MAKER,
            now=MORNING,
        )
    return refused.value.field


def test_what_cannot_be_agreed_on_is_refused_at_its_field(source, monkeypatch):
    good = PgpOrder(mode="encrypted", provider_keys=bank("A").public_key)
    both = bank("A").public_key + bank("B").public_key
    secret = bank("A").gpg("--armor", "--export-secret-keys").decode()
    far = MORNING.date() + timedelta(days=200)

    assert refused_field(source, replace(good, provider_keys="")) == "pgp_provider_keys"
    assert refused_field(source, replace(good, provider_keys=secret)) == "pgp_provider_keys"
    assert refused_field(source, replace(good, mode="none")) == "pgp_mode"
    for until in (None, MORNING.date() - timedelta(days=1), far):
        changing = replace(good, provider_keys=both, overlap_until=until)
        assert refused_field(source, changing) == "pgp_overlap_until"
    monkeypatch.setattr(gnupg.shutil, "which", lambda name: None)
    assert refused_field(source, good) == "pgp_mode"


@pytest.mark.parametrize("language", ["en", "fr"])
def test_two_people_see_what_is_required_by_which_key_and_until_when(
    admin, source, morning, language
):
    morning.advance(hours=1)
    end = MORNING.date() + timedelta(days=30)
    both = bank("A").public_key + later().public_key
    asked = {
        "partner_keys": KEY, "pgp_mode": "encrypted", "pgp_provider_keys": both,
        "pgp_new_key": "cv25519", "pgp_overlap_until": end.isoformat(), "reason": "Their letter",
    }  # fmt: skip
    form = reverse("admin:statement_sources_statementsource_connection", args=[source.pk])
    assert admin.post(form, asked).status_code == 302
    draft = SourceConnection.objects.get(number=None)
    request = ApprovalRequest.objects.get()
    assert "PRIVATE" not in str(request.payload)
    assert b"PRIVATE" not in bytes(draft.pgp_secrets_encrypted)

    page = reverse("admin:statement_sources_statementsource_change", args=[source.pk])
    decision = reverse("admin:approvals_approvalrequest_change", args=[request.pk])
    shown = admin.get(decision, headers={"accept-language": language}).content.decode()
    before = admin.get(page, headers={"accept-language": language}).content.decode()

    for key in draft.pgp_keys:
        assert in_groups(key["fingerprint"]) in shown
    assert in_groups(bank("A").fingerprint) in before
    assert draft.pgp_our_keys.splitlines()[2] in before
    assert "PRIVATE" not in shown + before
    assert len(connection_lines(draft)) == 7


@pytest.fixture
def quick_pair(monkeypatch):
    """A pair of RSA takes seconds: a curve's in its place, made as often as is counted."""
    made = []

    def new_pair(kind, **named):
        made.append(kind)
        return new_key_pair(CURVE, **named)

    monkeypatch.setattr("apps.statement_sources.services.draft_pgp.new_key_pair", new_pair)
    return made


def rsa_form(**changes):
    return {
        "partner_keys": KEY, "pgp_mode": "encrypted", "pgp_provider_keys": bank("A").public_key,
        "pgp_new_key": "rsa4096", "reason": "Their letter", **changes,
    }  # fmt: skip


@pytest.fixture
def fresh(account):
    return make_source(account, way="drop_in", first_day=DAY)


def form_of(source):
    return reverse("admin:statement_sources_statementsource_connection", args=[source.pk])


def make_key(draft):
    make_our_key(connection_id=draft.pk, reason="Their letter", now=MORNING)


def test_a_large_pair_is_made_by_the_worker_which_then_asks_a_second_person(
    admin, fresh, morning, quick_pair
):
    answer = admin.post(form_of(fresh), rsa_form())

    assert answer.status_code == 302
    assert quick_pair == []
    draft = SourceConnection.objects.get()
    assert (draft.pgp_key_wanted, draft.pgp_secrets_encrypted) == ("rsa4096", None)
    assert not ApprovalRequest.objects.exists()
    page = reverse("admin:statement_sources_statementsource_change", args=[fresh.pk])
    said = "Our key pair is being made"
    assert said in admin.get(page, headers={"accept-language": "en"}).content.decode()
    message = OutboxMessage.objects.get(topic="source_connection.make_key")
    assert message.payload == {"connection_id": str(draft.pk), "reason": "Their letter"}

    make_key(draft)
    make_key(draft)

    draft.refresh_from_db()
    assert quick_pair == ["rsa4096"]
    assert draft.pgp_key_wanted == ""
    request = ApprovalRequest.objects.get()
    assert f"user:{request.requested_by_id}" == draft.created_by
    assert request.payload["digest"] == connection_digest(draft)
    assert said not in admin.get(page, headers={"accept-language": "en"}).content.decode()
    activate_connection(
        request.payload,
        requested_by=draft.created_by,
        approved_by="user:0",
        reason="Their letter",
        now=MORNING,
    )
    assert our_key(fresh).startswith("-----BEGIN PGP PUBLIC KEY BLOCK-----")


def test_while_a_pair_is_being_made_no_other_is_asked_for(admin, fresh, morning, quick_pair):
    admin.post(form_of(fresh), rsa_form())

    page = admin.post(form_of(fresh), rsa_form())

    assert page.context["form"].errors
    assert SourceConnection.objects.count() == 1


def test_what_is_refused_by_then_ends_the_draft_and_the_trail_says_why(
    admin, fresh, morning, quick_pair
):
    admin.post(form_of(fresh), rsa_form())
    draft = SourceConnection.objects.get()
    connect(fresh, now=MORNING + timedelta(hours=1), partner_keys=KEY)

    make_key(draft)

    draft.refresh_from_db()
    assert draft.pgp_key_wanted == ""
    assert not ApprovalRequest.objects.exists()
    entry = AuditEntry.objects.get(action="source_connection.not_asked")
    assert entry.target == fresh.public_id


def test_nothing_holds_before_its_pair_is_made(fresh, morning, admin, quick_pair):
    admin.post(form_of(fresh), rsa_form())

    with pytest.raises(IntegrityError, match="source_connection_key_made"), transaction.atomic():
        SourceConnection.objects.update(number=1, approved_by="user:0", valid_from=MORNING)
