"""The two people who end what no machine can, each at her own keyboard."""

import pytest
from django.contrib.auth.models import Permission, User
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.approvals.models import ApprovalRequest
from apps.core.money import Money
from apps.ledger.models import Transfer
from apps.orchestration.models import Attempt
from apps.orchestration.services.apply_replies import apply_reply
from apps.payments.models import Payment
from apps.payouts.models import Payout
from apps.payouts.services.create_payout import PayoutRequest, create_payout
from apps.providers.contract import FailureCode, Outcome, ProviderResult
from apps.reconciliation.models import StatementWithdrawal
from apps.reconciliation.tests.reports import foreign_line, stage_and_match
from tests.factories import MerchantFactory, PaymentFactory, ProviderAccountFactory
from tests.fakes import FAKE, open_account, register, submit_due
from tests.payouts.fakes import PayingConnector, PayingProvider

pytestmark = pytest.mark.django_db

ATTEMPTS = "admin:orchestration_attempt_changelist"
REQUESTS = "admin:approvals_approvalrequest_changelist"


@pytest.fixture
def attempt():
    """The provider says paid, after we were told that it failed."""
    payment = PaymentFactory(submitted=True)
    (attempt,) = payment.attempts.all()
    for news in (
        ProviderResult(Outcome.FAILED, failure_code=FailureCode.PAYER_DECLINED),
        ProviderResult(Outcome.SUCCEEDED, amount=5_000, currency="XAF"),
    ):
        apply_reply(attempt_id=attempt.pk, answer=news, source="poll", now=timezone.now())
    return attempt


def staff(name, *codenames):
    user = User.objects.create_user(name, is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    client = Client(HTTP_ACCEPT_LANGUAGE="en")
    client.force_login(user)
    return client


@pytest.fixture
def maker():
    return staff("awa", "view_attempt", "add_approvalrequest", "view_approvalrequest")


@pytest.fixture
def checker():
    return staff("binta", "view_approvalrequest", "change_approvalrequest")


def ask(client, attempt, **fields):
    return client.post(
        reverse(ATTEMPTS),
        {"action": "ask_for_booking", "_selected_action": str(attempt.pk), **fields},
        follow=True,
    )


def decide(client, verb, request, *, digest=None):
    shown = bytes(request.digest).hex() if digest is None else digest
    return client.post(
        reverse(REQUESTS),
        {
            "action": verb,
            "_selected_action": str(request.pk),
            "decided": "yes",
            "reason": "It was not seen there." if verb == "reject" else "",
            f"digest_{request.pk}": shown,
        },
        follow=True,
    )


def test_one_asks_and_another_books(maker, checker, attempt):
    form = ask(maker, attempt)
    asked = ask(maker, attempt, amount="5000", reason="Seen in the provider's portal.")
    request = ApprovalRequest.objects.get()
    shown = checker.post(
        reverse(REQUESTS), {"action": "approve", "_selected_action": str(request.pk)}
    )

    decided = decide(checker, "approve", request)

    assert b'name="amount"' in form.content
    assert request.public_id in asked.content.decode()
    assert bytes(request.digest).hex() in shown.content.decode()
    assert decided.status_code == 200
    assert Payment.objects.get().status == "succeeded"


def test_whoever_may_not_approve_cannot(maker, attempt):
    ask(maker, attempt, amount="5000", reason="Seen in the provider's portal.")

    decide(maker, "approve", ApprovalRequest.objects.get())

    assert ApprovalRequest.objects.get().status == "pending"
    assert Payment.objects.get().status == "failed"


def test_whoever_asked_cannot_approve_though_she_may_others(attempt):
    both = staff(
        "awa", "view_attempt", "add_approvalrequest", "change_approvalrequest",
        "view_approvalrequest",
    )  # fmt: skip
    ask(both, attempt, amount="5000", reason="Seen in the provider's portal.")

    decide(both, "approve", ApprovalRequest.objects.get())

    assert ApprovalRequest.objects.get().status == "pending"


def test_whoever_may_not_ask_cannot(checker, attempt):
    ask(checker, attempt, amount="5000", reason="Seen in the provider's portal.")

    assert not ApprovalRequest.objects.exists()


@pytest.mark.parametrize("amount", ["0", "-5", "x", "", "5000.5", str(2**63)])
def test_an_amount_that_is_none_is_not_asked_for(maker, attempt, amount):
    answer = ask(maker, attempt, amount=amount, reason="Seen in the provider's portal.")

    assert answer.status_code == 200
    assert not ApprovalRequest.objects.exists()


@pytest.mark.parametrize("digest", ["", "zz", "00" * 32])
def test_what_was_not_shown_is_not_approved(maker, checker, attempt, digest):
    ask(maker, attempt, amount="5000", reason="Seen in the provider's portal.")

    decide(checker, "approve", ApprovalRequest.objects.get(), digest=digest)

    assert Payment.objects.get().status == "failed"


def test_the_same_is_rejected_by_anybody_who_may_decide(maker, checker, attempt):
    ask(maker, attempt, amount="5000", reason="Seen in the provider's portal.")

    decide(checker, "reject", ApprovalRequest.objects.get())

    assert ApprovalRequest.objects.get().status == "rejected"
    assert Payment.objects.get().status == "failed"


@pytest.fixture
def statement():
    return stage_and_match(ProviderAccountFactory(), foreign_line())[0]


def ask_to_withdraw(client, *statements, **fields):
    return client.post(
        reverse("admin:reconciliation_statement_changelist"),
        {
            "action": "ask_to_withdraw",
            "_selected_action": [str(each.pk) for each in statements],
            **fields,
        },
        follow=True,
    )


@pytest.fixture
def statement_maker():
    return staff("awa", "view_statement", "add_approvalrequest", "view_approvalrequest")


def test_one_asks_and_another_withdraws_a_statement(statement_maker, checker, statement):
    form = ask_to_withdraw(statement_maker, statement)
    asked = ask_to_withdraw(statement_maker, statement, reason="A report of another day.")
    request = ApprovalRequest.objects.get()
    statement.refresh_from_db()
    assert statement.status != "withdrawn"
    decide(checker, "approve", request)

    statement.refresh_from_db()
    assert b'name="reason"' in form.content
    assert request.public_id in asked.content.decode()
    assert (request.action, request.target) == ("statement.withdraw", statement.public_id)
    assert statement.status == "withdrawn"
    withdrawal = StatementWithdrawal.objects.get()
    assert withdrawal.requested_by.username == "awa"
    assert withdrawal.approved_by.username == "binta"


def test_two_statements_are_not_asked_for_at_once(statement_maker, statement):
    other, _ = stage_and_match(ProviderAccountFactory(), foreign_line())

    ask_to_withdraw(statement_maker, statement, other, reason="Wrong day.")

    assert not ApprovalRequest.objects.exists()


def test_whoever_may_not_ask_cannot_have_a_statement_withdrawn(statement):
    ask_to_withdraw(staff("awa", "view_statement"), statement, reason="Wrong day.")

    assert not ApprovalRequest.objects.exists()


@pytest.fixture
def payout_attempt(monkeypatch):
    """A payout told failed, that its provider says was paid."""
    register(monkeypatch, {FAKE: (PayingProvider(), PayingConnector)})
    account = open_account(operations=["collect", "disburse"])
    merchant = MerchantFactory()
    PaymentFactory(merchant=merchant, account=account, succeeded=True, amount=5_000, fee=0)
    with transaction.atomic():
        payout = create_payout(
            merchant=merchant,
            livemode=False,
            request=PayoutRequest(money=Money(5_000, "XAF"), phone="677000003"),
            now=timezone.now(),
        )
    submit_due(timezone.now())
    (attempt,) = payout.attempts.all()
    for news in (
        ProviderResult(Outcome.FAILED, failure_code=FailureCode.PROVIDER_DECLINED),
        ProviderResult(Outcome.SUCCEEDED, amount=5_000, currency="XAF"),
    ):
        apply_reply(attempt_id=attempt.pk, answer=news, source="poll", now=timezone.now())
    return attempt


def test_one_asks_and_another_books_a_payout_as_sent(maker, checker, payout_attempt):
    form = ask(maker, payout_attempt)
    ask(maker, payout_attempt, amount="5000", reason="Seen in the provider's portal.")
    request = ApprovalRequest.objects.get()

    for _ in range(2):
        decide(checker, "approve", request)

    assert "Ask to book as sent" in form.content.decode()
    assert (request.action, request.target) == (
        "outgoing.book_as_sent",
        Payout.objects.get().public_id,
    )
    assert Payout.objects.get().status == "succeeded"
    assert Transfer.objects.filter(kind="payout_sent").count() == 1


def test_what_cannot_be_booked_or_closed_has_no_form_and_says_why(maker, payout_attempt):
    collected = Attempt.objects.get(owner_type="payment")
    booked = ask(maker, collected).content.decode()
    failed = ProviderResult(Outcome.FAILED, failure_code=FailureCode.PAYER_DECLINED)
    apply_reply(attempt_id=collected.pk, answer=failed, source="poll", now=timezone.now())

    closing, french = (
        maker.post(
            reverse(ATTEMPTS),
            {"action": "ask_for_closing", "_selected_action": str(collected.pk)},
            follow=True,
            headers={"Accept-Language": language},
        ).content.decode()
        for language in ("en", "fr")
    )
    another = ask(maker, payout_attempt, amount="4999", reason="Less.").content.decode()

    assert "there is nothing to decide" in booked
    assert "a booking is not taken back" in closing
    assert "une écriture n’est pas reprise" in french
    assert 'name="reason"' not in booked + closing
    assert "nothing else can be booked as sent" in another
    assert not ApprovalRequest.objects.exists()


def test_what_the_provider_contradicts_is_confirmed_as_paid_by_two(maker, checker, payout_attempt):
    collected = Attempt.objects.get(owner_type="payment")
    failed = ProviderResult(Outcome.FAILED, failure_code=FailureCode.PAYER_DECLINED)
    apply_reply(attempt_id=collected.pk, answer=failed, source="poll", now=timezone.now())

    ask(maker, collected, amount="5000", reason="The provider was mistaken.")
    decide(checker, "approve", ApprovalRequest.objects.get())

    collected.refresh_from_db()
    assert not collected.needs_person
    assert Transfer.objects.filter(kind="gross").count() == 1


def test_what_a_provider_said_is_told_in_the_readers_language_without_the_number(maker, attempt):
    Attempt.objects.filter(pk=attempt.pk).update(
        contradiction="ReferenceUnknown: 237677000001 is not known here"
    )
    page = maker.post(
        reverse(ATTEMPTS),
        {"action": "ask_for_booking", "_selected_action": str(attempt.pk)},
        headers={"accept-language": "fr"},
    ).content.decode()

    assert "237677000001" not in page
    assert "Le prestataire ne connaît pas notre référence" in page
