"""Whom the rail names for a payee's number: compared before anybody approves, and never passed
over unseen."""

from __future__ import annotations

from datetime import timedelta
from itertools import chain, repeat

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from apps.core.errors import DomainError
from apps.merchants import scopes
from apps.payout_batches.models import NameCheck, PayoutBatch
from apps.payout_batches.rules.line_representation import PayoutBatchLineOutput
from apps.payout_batches.rules.payee import rail_name_of
from apps.payout_batches.selectors.list_lines import list_lines
from apps.payout_batches.selectors.read_digest import read_digest
from apps.payout_batches.services import confirm_payee as confirming
from apps.payout_batches.services.check_name import ASKED_AGAIN, WAITS_MAX, check_name
from apps.payout_batches.services.check_name_anew import check_name_anew
from apps.payout_batches.services.correct_line import correct_line
from apps.payout_batches.services.discard_batch import discard_batch
from apps.payout_batches.services.drop_line import drop_line
from apps.payout_batches.services.forget_rail_names import KEPT, forget_rail_names
from apps.payout_batches.services.retry_failed import retry_failed
from apps.payout_batches.services.submit_batch import submit_batch
from apps.providers.contract import NotSent, PayeeCheck, PayeeStatus
from apps.providers.models import ProviderAccount
from tests.api.conftest import Shop
from tests.disputes.test_staff import staff
from tests.fakes import FAKE, FakeConnector, register
from tests.payout_batch_runs.conftest import digest_of
from tests.payouts.conftest import give as give_at
from tests.payouts.fakes import CheckingConnector, PayingProvider

pytestmark = pytest.mark.django_db

FOUND = PayeeStatus.CAN_RECEIVE
AWA = {"phone": "677 00 00 03", "amount": 1_000, "name": "Awa Ndiaye"}
JEAN = {"phone": "677 00 00 04", "amount": 1_500, "name": "Jean-Baptiste Mbarga"}
NAMELESS = {"phone": "677 00 00 05", "amount": 1_500}


@pytest.fixture
def provider(monkeypatch):
    """A rail that can be asked."""
    provider = PayingProvider()
    register(monkeypatch, {FAKE: (provider, CheckingConnector)})
    return provider


def give(merchant, amount):
    give_at(merchant, ProviderAccount.objects.get(), amount)


def says(provider, *answers):
    """What the rail says, in turn; a text is a name."""

    def answer(said):
        if isinstance(said, Exception):
            raise said
        return PayeeCheck(FOUND, name=said) if isinstance(said, str) else said

    provider.on_check = [lambda _request, said=said: answer(said) for said in answers]


def ask(check, now):
    check = NameCheck.objects.get(pk=check.pk)
    check_name(line_id=check.pk, leased_until=check.due_at, now=now)
    return NameCheck.objects.get(pk=check.pk)


def ask_all(batch, clock):
    clock.advance(seconds=1)
    for check in batch.name_checks.filter(result="waiting").order_by("due_at"):
        ask(check, clock.now)


def results(batch):
    checks = batch.name_checks.order_by("line__number")
    return list(checks.values_list("line__number", "result"))


def submit(batch, clock):
    return submit_batch(batch_id=batch.pk, submitted_by="key:one", source="api", now=clock.now)


def confirm_payee(*, batch_id, number, **said):
    """By who looks at it now."""
    batch = PayoutBatch.objects.get(pk=batch_id)
    usual = {"shown_digest": digest_of(batch, number)}
    return confirming.confirm_payee(batch_id=batch_id, number=number, **usual | said)


def refused(work, *given):
    with pytest.raises(DomainError) as refusal:
        work(*given)
    return refusal.value.code


def test_every_named_payee_is_asked_about_once_and_stands_with_word_and_score(
    provider, read, clock
):
    says(provider, "NDIAYE AWA", "Jean Baptiste MBARGUA")
    batch = read([AWA, JEAN, NAMELESS])

    ask_all(batch, clock)

    assert results(batch) == [(1, "match"), (2, "close")]
    assert [one.wants_name for one in provider.checks] == [True, True]
    scores = dict(batch.name_checks.values_list("line__number", "score"))
    assert (scores[1], 70 <= scores[2] < 90) == (100, True)
    # Nobody has to decide about them: the name itself is not kept.
    assert not batch.name_checks.filter(rail_name_encrypted__isnull=False).exists()
    assert batch.name_checks.get(line__number=1).rail_name_masked == "N••• A•••"


def test_another_persons_name_stops_the_batch_until_it_is_confirmed_dropped_or_corrected(
    provider, read, clock, merchant
):
    says(provider, "Awa Diop", "Paul Nkomo")
    batch = read([AWA, JEAN, NAMELESS])
    give(merchant, 10_000)
    assert refused(submit, batch, clock) == "payout_batch_payees_being_checked"
    ask_all(batch, clock)
    assert refused(submit, batch, clock) == "payout_batch_payees_differ"

    confirm_payee(
        batch_id=batch.pk, number=1, confirmed_by="key:two", reason="Her wallet.", now=clock.now
    )
    drop_line(batch_id=batch.pk, number=2, actor="key:one", now=clock.now)
    digest = bytes(submit(batch, clock).digest)

    assert PayoutBatch.objects.get(pk=batch.pk).status == "needs_approval"
    # What was said of the names is of what is approved.
    NameCheck.objects.filter(line__number=1).update(confirmation_reason="Another reason.")
    batch.refresh_from_db()
    assert read_digest(batch) != digest


def test_a_corrected_line_is_asked_about_anew_and_a_late_answer_to_the_former_is_dropped(
    provider, read, clock
):
    batch = read([AWA])
    before = batch.name_checks.get()

    def corrected_meanwhile(_request):
        correct_line(
            batch_id=batch.pk,
            number=1,
            cells={"phone": "677 00 00 09"},
            actor="key:one",
            corrected_by="key:one",
            now=clock.now,
        )
        return PayeeCheck(FOUND, name="Awa Ndiaye")

    provider.on_check = [corrected_meanwhile]
    clock.advance(seconds=1)
    check = ask(before, clock.now)

    assert (check.result, check.due_at) == ("waiting", clock.now)
    says(provider, "Moussa Traoré")
    assert ask(check, clock.now).result == "different"
    assert [one.payee_msisdn[-2:] for one in provider.checks] == ["03", "09"]
    # A confirmation is of the payee as he was.
    confirm_payee(
        batch_id=batch.pk, number=1, confirmed_by="key:two", reason="His wife.", now=clock.now
    )
    correct_line(
        batch_id=batch.pk,
        number=1,
        cells={"name": "Ali Ba"},
        actor="key:one",
        corrected_by="key:one",
        now=clock.now,
    )
    assert not batch.name_checks.get().is_confirmed


@pytest.mark.parametrize(
    ("said", "result"),
    [
        (PayeeCheck(PayeeStatus.NOT_FOUND), "no_account"),
        (PayeeCheck(PayeeStatus.CANNOT_RECEIVE), "no_account"),
        ("", "not_checked"),
        ("\u202e\u200b", "not_checked"),
        ("حسن", "not_checked"),
        ("x" * 5_000, "different"),
        ("Awa\x00 Ndiaye", "match"),
        (PayeeCheck(FOUND, name=7), "not_checked"),
    ],
)
def test_whatever_a_rail_says_of_a_payee_ends_in_a_word(provider, read, clock, said, result):
    says(provider, said)
    batch = read([AWA])

    ask_all(batch, clock)

    assert results(batch) == [(1, result)]


def test_a_rail_that_does_not_answer_is_asked_a_few_times_and_stops_nothing_for_ever(
    provider, read, clock, merchant
):
    batch = read([AWA])
    give(merchant, 10_000)
    answers = chain([NotSent("away"), KeyError("a slip")], repeat(PayeeCheck(PayeeStatus.UNKNOWN)))
    says(provider, *[next(answers) for _ in range(9)])

    for wait in (timedelta(seconds=1), *ASKED_AGAIN):
        assert results(batch) == [(1, "waiting")]
        clock.advance(seconds=wait.total_seconds())
        check = ask(batch.name_checks.get(), clock.now)

    assert (check.result, check.tries, len(provider.checks)) == ("not_checked", 3, 3)
    assert submit(batch, clock).status == "needs_approval"


def test_what_waits_too_long_is_not_checked_whatever_the_reason(provider, read, clock, monkeypatch):
    monkeypatch.setattr(
        "apps.payout_batches.services.check_name.question_limiter.try_acquire",
        lambda *_: False,
    )
    batch = read([AWA])
    clock.advance(seconds=1)

    assert ask(batch.name_checks.get(), clock.now).tries == 0
    clock.advance(seconds=WAITS_MAX.total_seconds())
    ask_all(batch, clock)

    assert (results(batch), provider.checks) == ([(1, "not_checked")], [])


def test_a_rail_that_cannot_be_asked_about_keeps_nobody_waiting(read, clock, monkeypatch):
    register(monkeypatch, {FAKE: (PayingProvider(), FakeConnector)})

    assert results(read([AWA])) == []


def test_a_batch_that_is_no_draft_asks_nobody(provider, read, clock):
    batch = read([AWA])
    discard_batch(batch_id=batch.pk, actor="key:one", source="api", now=clock.now)

    ask_all(batch, clock)

    assert (results(batch), provider.checks) == ([(1, "not_checked")], [])


def test_two_who_claim_one_name_write_it_once_and_who_is_killed_leaves_it_waiting(
    provider, read, clock
):
    says(provider, "Awa Ndiaye", "Somebody Else")
    batch = read([AWA])
    clock.advance(seconds=1)
    due_at = batch.name_checks.get().due_at

    for _ in range(2):
        check_name(line_id=batch.name_checks.get().pk, leased_until=due_at, now=clock.now)

    assert (results(batch), len(provider.checks)) == ([(1, "match")], 1)


def test_nobody_confirms_the_payees_of_her_own_batch_or_what_is_nobody_elses(provider, read, clock):
    says(provider, "Awa Diop", "Jean Baptiste Mbarga")
    batch = read([AWA, JEAN])
    ask_all(batch, clock)

    def confirm(number=1, by="key:two", names=(), reason="Her wallet."):
        return confirm_payee(
            batch_id=batch.pk,
            number=number,
            confirmed_by=by,
            names=names,
            reason=reason,
            now=clock.now,
        )

    assert refused(lambda: confirm(by="key:one")) == "payout_batch_confirmation_by_maker"
    assert refused(lambda: confirm(names=["key:one"])) == "payout_batch_confirmation_by_maker"
    assert refused(lambda: confirm(number=2)) == "payout_batch_line_not_different"
    assert refused(lambda: confirm(number=3)) == "payout_batch_line_not_found"
    assert refused(lambda: confirm(reason=" \u200b ")) == "payout_batch_confirmation_reason_missing"
    assert not batch.name_checks.exclude(confirmed_by="").exists()
    confirm(reason="Call 677000003.")
    confirm(by="key:three", reason="Mine.")
    check = batch.name_checks.get(line__number=1)
    assert (check.confirmed_by, "677000003" in check.confirmation_reason) == ("key:two", False)


@pytest.fixture
def correct(clock):
    """Somebody puts other cells in the first line, and the rail is asked anew."""

    def corrected(batch, by, **cells):
        correct_line(
            batch_id=batch.pk,
            number=1,
            cells=cells or {"phone": "677 00 00 09"},
            actor=by,
            corrected_by=by,
            now=clock.now,
        )
        ask_all(batch, clock)

    return corrected


@pytest.fixture
def confirm(clock):
    def confirmed(batch, by, names=(), **said):
        usual = {"reason": "Her husband.", "now": clock.now}
        return confirm_payee(
            batch_id=batch.pk, number=1, confirmed_by=by, names=names, **usual | said
        )

    return confirmed


def test_nobody_confirms_the_payee_of_a_line_she_ever_corrected(
    provider, read, clock, correct, confirm
):
    says(provider, "Awa Ndiaye", "Moussa Diop", "Moussa Diop")
    batch = read([AWA])
    ask_all(batch, clock)

    own = "payout_batch_confirmation_by_corrector"
    correct(batch, "key:two")
    assert refused(confirm, batch, "key:two") == refused(confirm, batch, "k", ["key:two"]) == own
    # Who corrects it after her takes nothing of that away, nor does a slip meanwhile.
    correct(batch, "user:7", phone="a slip")
    correct(batch, "user:7", phone="677 00 00 08")
    assert refused(confirm, batch, "user:7") == refused(confirm, batch, "key:two") == own
    assert refused(confirm, batch, "key:one") == "payout_batch_confirmation_by_maker"
    assert not batch.name_checks.get().is_confirmed
    confirm(batch, "user:8")
    assert batch.name_checks.get().confirmed_by == "user:8"
    # Whatever the code says.
    for by in ("key:two", "user:7"):
        with pytest.raises(IntegrityError, match="she corrected"), transaction.atomic():
            batch.name_checks.update(confirmed_by=by)


def test_who_corrected_under_the_release_before_is_not_forgotten(
    provider, read, clock, correct, confirm
):
    says(provider, "Awa Ndiaye", "Moussa Diop", "Moussa Diop")
    batch = read([AWA])
    ask_all(batch, clock)
    correct(batch, "key:two")
    batch.lines.update(correctors=[])

    own = "payout_batch_confirmation_by_corrector"
    assert refused(confirm, batch, "key:two") == own
    correct(batch, "user:7")
    assert refused(confirm, batch, "key:two") == own


def test_an_old_page_does_not_confirm_a_newer_check(provider, read, clock, correct, confirm):
    says(provider, "Awa Diop", "Paul Nkomo", "Paul Nkomo")
    batch = read([AWA])
    ask_all(batch, clock)
    old = digest_of(batch, 1)
    correct(batch, "key:two")

    changed = "payout_batch_payee_check_changed"
    for shown in (old, b"", b"1" * 32):
        assert refused(lambda shown=shown: confirm(batch, "user:8", shown_digest=shown)) == changed
    newer = digest_of(batch, 1)
    # Even one of the same name and number.
    correct(batch, "key:two")
    assert refused(lambda: confirm(batch, "user:8", shown_digest=newer)) == changed
    assert not batch.name_checks.get().is_confirmed
    assert confirm(batch, "user:8", shown_digest=digest_of(batch, 1)).name_check.is_confirmed


def test_nobody_confirms_a_name_that_was_erased_and_it_is_checked_anew(
    provider, read, clock, confirm
):
    says(provider, "Penda Sarr", "Penda Sarr")
    batch = read([AWA])
    ask_all(batch, clock)
    shown = digest_of(batch, 1)
    clock.advance(days=KEPT.days, seconds=2)
    assert forget_rail_names(now=clock.now) == 1

    assert refused(confirm, batch, "user:8") == "payout_batch_payee_name_erased"
    assert (
        refused(lambda: confirm(batch, "user:8", shown_digest=shown))
        == "payout_batch_payee_name_erased"
    )
    # Whatever the code says.
    with pytest.raises(IntegrityError, match="cannot see"), transaction.atomic():
        batch.name_checks.update(
            confirmed_by="user:8", confirmed_at=clock.now, confirmation_reason="Blind."
        )
    check_name_anew(batch_id=batch.pk, number=1, actor="user:8", now=clock.now)
    # It is no correction: whoever has it checked may confirm.
    assert refused(confirm, batch, "user:8") == "payout_batch_line_not_different"
    ask_all(batch, clock)
    confirm(batch, "user:8")
    assert batch.name_checks.get().is_confirmed
    # What was confirmed is erased like any other.
    assert forget_rail_names(now=clock.now + KEPT + timedelta(seconds=1)) == 1


def test_who_may_not_confirm_is_told_so_instead_of_a_form(provider, read, clock, correct):
    says(provider, "Penda Sarr", "Penda Sarr", "Penda Sarr")
    rights = ("view_payoutbatch", "change_payoutbatch")
    maker, other, third = (staff(name, *rights) for name in ("fanta", "paul", "odile"))
    users = {one.username: f"user:{one.pk}" for one in User.objects.all()}
    batch = read([AWA], created_by=users["fanta"])
    ask_all(batch, clock)
    page = reverse("admin:payout_batches_payoutbatch_change", args=[batch.pk])
    line = reverse("admin:payout_batches_line", args=[batch.pk, 1])

    def shown(client):
        html = client.get(page, {"lines": "all"}).content.decode()
        return 'name="confirm"' in html, "Penda" in html, html

    assert shown(maker)[:2] == (False, False)
    assert "Who made this batch cannot confirm its payees." in shown(maker)[2]
    assert shown(other)[:2] == (True, True)
    correct(batch, users["paul"])
    assert shown(other)[:2] == (False, False)
    assert "Who corrected this line cannot confirm its payee." in shown(other)[2]
    # Erased: nobody is asked to confirm blind, and the operator can be asked again.
    forget_rail_names(now=clock.now + KEPT + timedelta(seconds=1))
    assert shown(third)[:2] == (False, False)
    assert "was erased after 30 days" in shown(third)[2]
    third.post(line, {"check_anew": "1"})
    assert results(batch) == [(1, "waiting")]
    ask_all(batch, clock)
    assert shown(third)[:2] == (True, True)


def test_a_retry_forgets_nobody_who_made_or_corrected_its_lines(
    provider, read, clock, correct, confirm, merchant
):
    says(provider, "Awa Ndiaye", "Awa Ndiaye", "Moussa Diop")
    batch = read([AWA])
    ask_all(batch, clock)
    correct(batch, "key:two")
    batch.lines.update(status="failed", failure_code="rail_closed")
    PayoutBatch.objects.filter(pk=batch.pk).update(
        status="completed", submitted_by="key:one", approved_by="key:four",
        approved_at=clock.now, digest=b"1" * 32,
    )  # fmt: skip

    retry = retry_failed(batch_id=batch.pk, created_by="key:three", source="api", now=clock.now)
    ask_all(retry, clock)

    own = "payout_batch_confirmation_by_corrector"
    assert refused(confirm, retry, "key:one") == refused(confirm, retry, "key:two") == own
    assert refused(confirm, retry, "key:three") == "payout_batch_confirmation_by_maker"
    confirm(retry, "key:four")


def test_who_corrects_by_key_or_page_is_who_would_confirm_by_it(provider, read, clock, merchant):
    says(provider, "Awa Ndiaye", "Moussa Diop", "Moussa Diop")
    batch = read([AWA])
    ask_all(batch, clock)
    line = f"/api/v1/payout_batches/{batch.public_id}/lines/1"
    # More than any key is given: it may correct and confirm; and the one that replaced it.
    both = Shop(merchant, scopes=list(scopes.ALL))
    heir = Shop(merchant, scopes=list(scopes.ALL))
    heir.api_key.rotated_from = both.api_key
    heir.api_key.save(update_fields=["rotated_from"])

    def said():
        return {"digest": digest_of(batch, 1).hex(), "reason": "Her husband’s number."}

    answer = both.client.patch(
        line,
        {"phone": "677 00 00 09"},
        content_type="application/json",
        headers={"Authorization": f"Bearer {both.key}"},
    )
    assert answer.status_code == 200
    ask_all(batch, clock)
    for shop in (both, heir):
        answer = shop.post(said(), path=f"{line}/confirm")
        assert (answer.status_code, answer.json()["code"]) == (
            403,
            "payout_batch_confirmation_by_corrector",
        )

    staff, colleague = Client(), Client()
    staff.force_login(User.objects.create_superuser("fanta"))
    colleague.force_login(User.objects.create_superuser("paul"))
    page = reverse("admin:payout_batches_line", args=[batch.pk, 1])
    staff.post(page, {"phone": "677 00 00 08", "amount": "1000"})
    ask_all(batch, clock)
    staff.post(page, {"confirm": "1", **said()})
    assert not batch.name_checks.get().is_confirmed
    colleague.post(page, {"confirm": "1", **said()})
    assert batch.name_checks.get().is_confirmed


def test_the_rails_name_is_encrypted_logged_nowhere_and_erased(provider, read, clock, caplog):
    caplog.set_level("DEBUG")
    says(provider, "Penda Sarr")
    batch = read([AWA])
    ask_all(batch, clock)

    check = batch.name_checks.get()
    assert b"Penda" not in bytes(check.rail_name_encrypted)
    assert rail_name_of(check) == "Penda Sarr"
    assert "Penda" not in caplog.text + repr(PayeeCheck(FOUND, name="Penda"))
    assert forget_rail_names(now=clock.now + KEPT) == 0
    assert forget_rail_names(now=clock.now + KEPT + timedelta(seconds=1)) == 1
    assert rail_name_of(batch.name_checks.get()) == ""


def test_nothing_of_a_rails_name_stays_whatever_the_result(provider, read, clock):
    says(provider, "Awa Ndiaye", "Jean Mbarga", "Penda Sarr")
    batch = read([AWA, JEAN, {**AWA, "phone": "677 00 00 06"}])
    ask_all(batch, clock)
    said = ["result", "score", "checked_at"]
    before = list(batch.name_checks.order_by("line__number").values_list(*said))
    assert [one[0] for one in before] == ["match", "close", "different"]
    assert not batch.name_checks.filter(rail_name_masked="").exists()

    assert forget_rail_names(now=clock.now + KEPT) == 0
    assert forget_rail_names(now=clock.now + KEPT + timedelta(seconds=1)) == 3

    kept = batch.name_checks.values_list("rail_name_encrypted", "rail_name_masked")
    assert set(kept) == {(None, "")}
    # What was decided, and on what, stays.
    assert list(batch.name_checks.order_by("line__number").values_list(*said)) == before
    assert forget_rail_names(now=clock.now + 2 * KEPT) == 0


def test_a_page_of_lines_with_their_names_is_one_query(
    provider, read, clock, django_assert_num_queries
):
    says(provider, "Awa Ndiaye", "Jean Mbarga")
    batch = read([AWA, JEAN, NAMELESS])
    ask_all(batch, clock)

    with django_assert_num_queries(1):
        page = list_lines(batch.pk, limit=10)
        shown = [PayoutBatchLineOutput.as_json(line)["name_check"] for line in page.rows]

    assert [one and one["result"] for one in shown] == ["match", "close", None]
