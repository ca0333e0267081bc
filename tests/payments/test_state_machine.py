"""Many payments, several workers, one provider: any interleaving of what may happen to them.

The story ends with the books: ours against our invariants, and against what the provider really
took.
"""

from __future__ import annotations

import pytest
from django.db import transaction
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule

from apps.core.errors import DomainError
from apps.core.idempotency import digest_of
from apps.core.money import Money
from apps.core.ttl_cache import clear_all
from apps.ledger.models import Transfer
from apps.orchestration.models import ATTEMPT_FINAL, Attempt
from apps.orchestration.services.apply_replies import apply_replies
from apps.orchestration.services.close_unresolved import close_unresolved
from apps.orchestration.services.submit_attempt import submit_attempt
from apps.payments.models import Payment
from apps.payments.rules.payment_request import PaymentRequest
from apps.payments.services.book_late_success import book_late_success
from apps.payments.services.cancel_payment import cancel_payment
from apps.payments.services.create_payment import create_payment
from apps.payments.services.expire_due_payments import expire_due_payments
from apps.providers.contract import Outcome
from tests.factories import EndpointFactory, MerchantFactory
from tests.fakes import open_account
from tests.workers import Workers, live

PEOPLE = {"requested_by": "user:1", "approved_by": "user:2"}


class Payments(Workers):
    @initialize(is_repeat_safe=st.booleans(), grace_s=st.sampled_from([60, 900]))
    def begin(self, is_repeat_safe, grace_s):
        self.open_the_world(is_repeat_safe)
        self.merchant = MerchantFactory(fee_basis_points=200)
        EndpointFactory(merchant=self.merchant)
        for priority in (1, 2):
            open_account(unknown_reference_grace_s=grace_s, priority=priority)
        clear_all()

    # --- What the merchant does

    @rule(amount=st.sampled_from([100, 1_500, 999_999]))
    def create(self, amount):
        name = f"k{len(self.owner_ids)}"
        with transaction.atomic():
            create_payment(
                merchant=self.merchant,
                livemode=False,
                request=PaymentRequest(money=Money(amount, "XAF"), phone="677000001"),
                idempotency_key=name,
                digest=digest_of({"name": name}),
                now=self.clock.now,
            )
        made = Payment.objects.exclude(pk__in=self.owner_ids).values_list("pk", flat=True)
        self.owner_ids += made

    @precondition(lambda self: self.owner_ids)
    @rule(n=st.integers(0, 5))
    def cancel(self, n):
        with transaction.atomic():
            try:
                with transaction.atomic():
                    cancel_payment(payment_id=self.one_of(self.owner_ids, n), now=self.clock.now)
            except DomainError:
                pass

    # --- The clock and people

    @rule()
    def expire(self):
        with transaction.atomic():
            expire_due_payments(now=self.clock.now)

    @precondition(lambda self: self.owner_ids)
    @rule(n=st.integers(0, 9), books=st.booleans())
    def two_people_decide(self, n, books):
        """By the provider's own books, as they see them in its portal."""
        owned = [attempt for attempt in self.attempts() if attempt.needs_person]
        if not owned:
            return
        attempt = self.one_of(owned, n)
        entry = self.provider.book.get(attempt.reference)
        is_paid = entry is not None and entry.outcome == Outcome.SUCCEEDED
        may_still_be = entry is not None and entry.outcome == Outcome.PENDING
        try:
            with transaction.atomic():
                if is_paid and books:
                    book_late_success(
                        attempt_id=attempt.pk, amount=entry.amount, now=self.clock.now, **PEOPLE
                    )
                elif not is_paid and not may_still_be and not books and entry is not None:
                    close_unresolved(attempt_id=attempt.pk, now=self.clock.now, **PEOPLE)
        except DomainError:
            pass

    # --- What holds after every step

    @invariant()
    def every_paid_payment_is_booked_once(self):
        paid = set(Payment.objects.filter(status="succeeded").values_list("pk", flat=True))
        booked = list(Transfer.objects.filter(kind="gross").values_list("source_id", flat=True))
        assert sorted(booked, key=str) == sorted(paid, key=str)

    @invariant()
    def nothing_is_invented(self):
        for attempt in Attempt.objects.filter(status="succeeded"):
            assert self.provider.book[attempt.reference].outcome == Outcome.SUCCEEDED

    # --- The end: all is quiet, the provider is honest, everybody is asked

    def end(self):
        for _ in range(4):
            self.clock.advance(seconds=1_000)
            with transaction.atomic():
                expire_due_payments(now=self.clock.now)
            heard = [submit_attempt(one) for one in self.claim()]
            asked = [attempt for attempt in self.attempts() if attempt.status != "succeeded"]
            answers = [self.ask_provider(attempt) for attempt in asked]
            heard += [answer for answer in answers if answer]
            with transaction.atomic():
                apply_replies(heard, now=self.clock.now)
        self._agrees_with_the_provider()
        assert self.broken_books() == {}

    def _agrees_with_the_provider(self):
        by_reference = {attempt.reference: attempt for attempt in Attempt.objects.all()}
        for reference, entry in self.provider.book.items():
            attempt = by_reference[reference]
            if entry.outcome == Outcome.SUCCEEDED:
                # Lost is what was paid, is not booked, and nobody knows of.
                assert attempt.status == "succeeded" or attempt.needs_person, attempt
            if attempt.status in ATTEMPT_FINAL and not attempt.needs_person:
                assert entry.outcome != Outcome.PENDING or attempt.status == "failed", attempt
        for payment in Payment.objects.all():
            taken = [
                attempt
                for attempt in payment.attempts.all()
                if attempt.reference in self.provider.book
            ]
            # Another is sent only where the provider never took the one before.
            assert len(taken) <= 1, f"{payment} may be charged {len(taken)} times"


@pytest.mark.django_db
def test_whatever_happens_in_whatever_order_the_books_agree_with_the_provider(
    clock, provider, monkeypatch
):
    live(Payments, clock=clock, provider=provider, monkeypatch=monkeypatch)
