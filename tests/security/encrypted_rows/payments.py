from __future__ import annotations

from apps.payments.models import Payment
from tests.factories import PaymentFactory
from tests.fakes import open_account

NUMBER = "237677000001"


def new_payment() -> Payment:
    """The one that the others are about."""
    return PaymentFactory(account=open_account(), submitted=True, payer_msisdn=NUMBER)


def make(payment: Payment) -> None:
    """Its payer is encrypted already."""
