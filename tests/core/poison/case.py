"""What the items of all topics are made of and about."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from django.utils import timezone

from apps.core.bulk_write import bulk_write
from apps.core.public_ids import new_id
from apps.core.work import outbox
from apps.orchestration.models import Attempt
from apps.payments.models import Payment
from apps.providers.contract import Outcome
from apps.providers.models import ProviderAccount
from apps.vault.encryption import encrypt
from apps.webhooks.models import Delivery
from apps.webhooks.services.build_event import build_event
from apps.webhooks.services.create_endpoint import SECRET_CONTEXT, create_endpoint
from tests.factories import MerchantFactory, PaymentFactory, ProviderAccountFactory
from tests.fakes import FAKE, Instruction, open_account
from tests.receiver import Receiver

# Encrypted by nobody.
UNREADABLE = b"\x01unreadable"

# Whether the work of an item is done.
IsDone = Callable[[], bool]


@dataclass(frozen=True)
class Case:
    """`make(spoilt)` makes one due item and returns how to see that its work is done; `spoilt` is
    one of `spoils` or "" for a healthy one. Its message's payload has these `keys`."""

    make: Callable[[World, str], IsDone]
    spoils: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()


@dataclass
class World:
    """What items are about."""

    provider: object
    receiver: Receiver
    merchant: object = field(default_factory=MerchantFactory)
    account: object = field(default_factory=open_account)

    def pay(self, **fields) -> Attempt:
        fields = {"account": self.account, "merchant": self.merchant, **fields}
        return PaymentFactory(**fields).attempts.get()

    def pay_sent(self, **fields) -> Attempt:
        """Its payer has approved."""
        attempt = self.pay(submitted=True, **fields)
        self.provider.book[attempt.reference] = Instruction(
            5_000, "XAF", "237677000001", Outcome.SUCCEEDED
        )
        return attempt

    def endpoint(self, secret=""):
        endpoint, _ = create_endpoint(
            merchant=self.merchant, livemode=False, url=self.receiver.url, now=timezone.now()
        )
        if secret:
            endpoint.secret_encrypted = encrypt(secret, context=SECRET_CONTEXT, row_id=endpoint.pk)
            endpoint.save()
        return endpoint

    def delivery(self, endpoint, **fields) -> Delivery:
        rows = build_event(
            merchant_id=self.merchant.pk,
            livemode=False,
            type="payment.succeeded",
            object_id=new_id(),
            sequence=1,
            data={},
            endpoints=[endpoint],
            now=timezone.now(),
        )
        bulk_write(rows)
        Delivery.objects.filter(pk=rows[1].pk).update(**fields)
        return rows[1]


CASES: dict[str, Case] = {}


def topic(name: str, *, spoils: tuple[str, ...] = (), keys: tuple[str, ...] = ()):
    def register(make):
        assert name not in CASES, name
        CASES[name] = Case(make, spoils, keys)
        return make

    return register


def enqueue(topic: str, **payload: str) -> None:
    outbox.enqueue(topic, now=timezone.now(), **payload)


def unreadable_number(attempt: Attempt) -> None:
    Payment.objects.filter(pk=attempt.owner_id).update(payer_msisdn_encrypted=UNREADABLE)


def unreadable_credentials() -> ProviderAccount:
    return ProviderAccountFactory(connector=FAKE, credentials_encrypted=UNREADABLE)
