from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User

from apps.payments.models import Payment
from apps.support_tickets.models import Channel, RequesterKind, Ticket
from apps.support_tickets.rules.author import Author, payer_author, staff_author
from apps.support_tickets.rules.subjects import Subject
from apps.support_tickets.services.open_ticket import TicketOrder, open_ticket
from tests.factories import MerchantFactory, PaymentFactory


def about(payment: Payment) -> Subject:
    return Subject("payment", payment.pk, payment.merchant_id, payment.livemode, "payment")


@pytest.fixture
def agent(db) -> Author:
    return staff_author(User.objects.create_user("fatou", is_staff=True).pk)


@pytest.fixture
def colleague(db) -> Author:
    return staff_author(User.objects.create_user("cora", is_staff=True).pk)


@pytest.fixture
def ticket(db, clock):
    """Open one: a merchant's, or a payer's where `payment` is given."""

    def make(*, payment: Payment | None = None, **fields: Any) -> Ticket:
        if payment is None:
            author = fields.pop("author", Author("merchant", "secret_key:key_test"))
            usual = {
                "requester_kind": RequesterKind.MERCHANT,
                "merchant_id": (fields.pop("merchant", None) or MerchantFactory()).pk,
            }
        else:
            author = fields.pop("author", payer_author(payment.public_id))
            usual = {
                "requester_kind": RequesterKind.PAYER,
                "merchant_id": payment.merchant_id,
                "about": about(payment),
            }
        order = {
            "subject": "Debited, and the order says unpaid",
            "body": "I was debited and have nothing.",
            "category": "debited_not_confirmed",
            "language": "fr",
            "livemode": False,
            **usual,
            **fields,
        }
        return open_ticket(TicketOrder(**order), author=author, channel=Channel.API, now=clock.now)

    return make


@pytest.fixture
def payment(db) -> Payment:
    return PaymentFactory(verifying=True)
