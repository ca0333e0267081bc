"""The plainest valid rows. A trait names a moment of a payment's life.

A payment comes with its attempt, history, events, deliveries and, once succeeded, its transfers:
the books are clean after every factory (manage.py check_books).
"""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import factory
from django.db import transaction
from django.db.models.expressions import RawSQL
from django.utils.timezone import now as clock

from apps.core.bulk_write import bulk_write
from apps.core.money import Money
from apps.core.public_ids import new_id, new_id_at
from apps.fees.models import FeeLine, FeePlan, FeePlanVersion, MerchantFeePlan
from apps.fees.rules.fee_terms import FeeTerms
from apps.fees.selectors.fee_plans import _lines
from apps.fees.services.add_version import DIGEST, add_version
from apps.ledger.rules.postings import TransferKind
from apps.ledger.services.find_account import known_accounts
from apps.ledger.services.post import post
from apps.merchants.models import Merchant
from apps.orchestration.models import ATTEMPT_FINAL, Attempt, AttemptStatus, StatusChange
from apps.orchestration.transitions import move_attempt
from apps.payments.models import Payment, PaymentStatus
from apps.payments.rules.metadata_search import entries_of
from apps.payments.rules.payer import PAYER_CONTEXT, PAYER_INDEX
from apps.payments.rules.payment_status import payment_status
from apps.payments.transitions import move
from apps.providers.models import ProviderAccount
from apps.routing.rules.candidates import Candidate
from apps.vault.blind_index import search_index
from apps.vault.encryption import encrypt
from apps.vault.masking import mask_msisdn
from apps.webhooks.models import Endpoint

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


class MerchantFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Merchant

    name = factory.Sequence(lambda n: f"Shop {n}")
    country = "CM"
    currency = "XAF"
    timezone = "Africa/Douala"
    created_at = factory.LazyFunction(clock)

    @classmethod
    def _create(cls, model, *args, fee_basis_points=200, fee_fixed=0, fee_currency="", **fields):
        """With a plan of its own: this share, and this much."""
        merchant = super()._create(model, *args, **fields)
        if fee_basis_points or fee_fixed:
            currency = fee_currency or merchant.currency
            terms = {"basis_points": Decimal(fee_basis_points), "fixed": fee_fixed}
            give_first_plan(merchant, currency=currency, **terms)
        return merchant


@transaction.atomic(savepoint=False)
def give_first_plan(merchant, *, currency, **terms):
    """As `charge`, of a merchant that was made just now: four statements, not twelve."""
    now = clock()
    plan = FeePlan.objects.create(name=f"Plan {new_id()}", currency=currency, created_at=now)
    version_id = new_id()
    FeeLine(version_id=version_id, operation="collect", **terms).save(force_insert=True)
    FeePlanVersion(
        id=version_id,
        plan=plan,
        number=1,
        valid_from=LONG_AGO,
        lines_digest=RawSQL(f"({DIGEST})", [version_id]),
        created_at=now,
    ).save(force_insert=True)
    MerchantFeePlan.objects.create(
        merchant=merchant, plan=plan, valid_from=LONG_AGO, created_at=now
    )
    _lines.clear()


def charge(merchant, *lines, currency="XAF", fee_return="none", **terms):
    """Give a merchant a new plan, in force since long ago: of these lines, or of one of these
    terms. Returns the plan."""
    plan = FeePlan.objects.create(name=f"Plan {new_id()}", currency=currency, created_at=clock())
    lines = lines or (terms,)
    add_version(
        plan=plan,
        lines=[
            FeeTerms(
                **{"operation": "collect", "said_in": line.get("currency") or currency, **line}
            )
            for line in lines
        ],
        valid_from=LONG_AGO,
        after_number=0,
        fee_return=fee_return,
        now=clock(),
    )
    MerchantFeePlan.objects.filter(merchant=merchant).delete()
    # As give_plan does; a merchant without a plan has nothing to be asked for.
    MerchantFeePlan.objects.create(
        merchant=merchant, plan=plan, valid_from=LONG_AGO, created_at=clock()
    )
    _lines.clear()
    return plan


def agree_cost(account, *lines, valid_from=LONG_AGO, **terms):
    """The next version of an account's contract: of these lines, or of one of these terms. Returns
    the version."""
    contract, _ = FeePlan.objects.get_or_create(
        provider_account=account,
        defaults={"name": account.public_id, "currency": account.currency, "created_at": clock()},
    )
    usual = {"operation": "collect", "said_in": account.currency}
    return add_version(
        plan=contract,
        lines=[FeeTerms(**usual | line) for line in lines or (terms,)],
        valid_from=valid_from,
        after_number=contract.versions.count(),
        now=clock(),
    )


class EndpointFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Endpoint

    merchant = factory.SubFactory(MerchantFactory)
    livemode = False
    url = "https://shop.example/hooks"
    secret_encrypted = b""
    created_at = factory.LazyFunction(clock)


class ProviderAccountFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = ProviderAccount
        skip_postgeneration_save = True

    connector = "mtn_momo"
    label = factory.Sequence(lambda n: f"MTN {n}")
    country = "CM"
    currency = "XAF"
    livemode = False
    credentials_encrypted = b""
    timezone = "Africa/Douala"
    amount_min = 1
    amount_max = 1_000_000_000
    created_at = factory.LazyFunction(clock)

    @factory.post_generation
    def cost(account, create, basis_points, **kwargs):
        """Of what is collected, since long ago."""
        if basis_points:
            agree_cost(account, basis_points=Decimal(basis_points))


class PaymentFactory(factory.django.DjangoModelFactory):
    """A payment just created. `account` is its attempt's, `attempt_path` what that went through.

    Everything happens at `created_at`.
    """

    class Meta:
        model = Payment

    class Params:
        submitted = factory.Trait(attempt_path=["submitted", "pending"])
        verifying = factory.Trait(attempt_path=["submitted", "unknown"])
        succeeded = factory.Trait(attempt_path=["submitted", "pending", "succeeded"])
        failed = factory.Trait(attempt_path=["submitted", "pending", "failed"])

    merchant = factory.SubFactory(MerchantFactory)
    account = factory.SubFactory(
        ProviderAccountFactory,
        currency=factory.SelfAttribute("..currency"),
        livemode=factory.SelfAttribute("..livemode"),
    )
    attempt_path = ()
    provider_reference = factory.Sequence(lambda n: f"TX{n}")
    payer_msisdn = "237677000001"
    livemode = False
    merchant_reference = factory.Sequence(lambda n: f"order-{n}")
    amount = 5_000
    fee = 100
    currency = "XAF"
    country = "CM"
    method = "mobile_money"
    operator = "mtn"
    created_at = factory.LazyFunction(clock)

    @classmethod
    def _create(
        cls, model_class, account, attempt_path, provider_reference, payer_msisdn, **fields
    ):
        # Accounts a rolled back test opened are gone.
        known_accounts.clear()
        now = fields["created_at"]
        payment_id = new_id_at(now)
        payment = Payment(
            id=payment_id,
            provider=account.connector,
            payer_msisdn_encrypted=encrypt(payer_msisdn, context=PAYER_CONTEXT, row_id=payment_id),
            payer_msisdn_index=search_index(payer_msisdn, purpose=PAYER_INDEX),
            payer_msisdn_masked=mask_msisdn(payer_msisdn),
            status="",
            candidates=[Candidate(account, "").as_json()],
            **{"expires_at": now + timedelta(minutes=15), **fields},
        )
        reference = uuid.uuid4()
        attempt = Attempt(
            id=new_id(),
            owner_id=payment_id,
            amount=payment.amount,
            currency=payment.currency,
            provider_account=account,
            reference=reference,
            statement_reference=str(reference),
            provider_reference=provider_reference if attempt_path else "",
            submitted_at=now if attempt_path else None,
            next_check_at=clock() + timedelta(hours=1),
            status="",
            raw={"financialTransactionId": provider_reference} if attempt_path else {},
            created_at=now,
        )
        rows = [payment, attempt, *entries_of(payment)]
        for status in ["created", *attempt_path]:
            rows += _live(payment, attempt, AttemptStatus(status), now)
        for row in rows:
            if isinstance(row, StatusChange):
                row.id = new_id_at(now)
        bulk_write(rows)
        return payment


def _live(payment, attempt, status, now):
    """One step of an attempt and what it does to its payment, as apply_reply has it."""
    rows = [move_attempt(attempt, status, source="worker", now=now)]
    if status in ATTEMPT_FINAL:
        attempt.next_check_at = None
        attempt.completed_at = now
        if status == AttemptStatus.FAILED:
            attempt.failure_code = "payer_declined"
    before = payment.status
    after, failure_code = PaymentStatus.PENDING, ""
    if before:
        after, failure_code = payment_status(
            current=PaymentStatus(before), failure_code="", attempts=[attempt]
        )
    if after == before:
        return rows
    payment.failure_code = failure_code
    rows += move(payment, after, source="worker", now=now).rows
    if after == PaymentStatus.SUCCEEDED:
        rows += post(
            {
                TransferKind.GROSS: Money(payment.amount, payment.currency),
                TransferKind.FEE: Money(payment.fee, payment.currency),
                TransferKind.FEE_TAX: Money(payment.fee_tax, payment.currency),
            },
            merchant_id=payment.merchant_id,
            provider_account_id=attempt.provider_account_id,
            source_id=payment.pk,
            attempt_id=attempt.pk,
            livemode=payment.livemode,
            now=now,
        )
    return rows
