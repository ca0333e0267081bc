from __future__ import annotations

from collections.abc import Iterator, Sequence
from copy import copy
from uuid import UUID

from django.db import IntegrityError, transaction

from apps.audit.services.record import record
from apps.core import database_clock
from apps.core.bulk_write import bulk_write
from apps.orchestration.models import IN_DOUBT, Attempt
from apps.orchestration.rules.judge_reply import ReplyOrError
from apps.orchestration.rules.order_reference import next_reference
from apps.orchestration.rules.owners import operation_of
from apps.orchestration.selectors.load_attempts import lock_case_of
from apps.orchestration.selectors.money_out import OUTGOING
from apps.orchestration.selectors.next_account import ATTEMPTS_MAX
from apps.orchestration.services.ask_reference import ask_reference
from apps.orchestration.services.open_attempt import statement_reference
from apps.providers.contract import Operation, OutcomeUnknown, ProviderResult, ReferenceUnknown
from apps.providers.models import ProviderAccount
from apps.providers.registry import credentials_fingerprint, profile_of
from apps.providers.selectors.accounts import all_accounts

TAKEN_OVER_FIELDS = (
    "provider_account",
    "reference",
    "statement_reference",
    "credentials_fingerprint",
)


def ask_elsewhere(attempt: Attempt) -> ReplyOrError | None:
    """Of an order that its own provider never heard of under this reference, and that the database
    may have forgotten: whether it went on under the next ones, or at another account, as it does
    after each attempt that was not sent. What is found there is this attempt from now on.

    Returns None if nobody knows of any. Who does not answer may know: then nothing is sent that
    moves money out. A payer would be asked twice, and pays once.
    """
    trouble: ReplyOrError | None = None
    for account, reference in _elsewhere(attempt):
        other = copy(attempt)
        other.provider_account, other.reference = account, reference
        other.connector_state_encrypted = None
        answer = ask_reference(other)
        if isinstance(answer, ProviderResult):
            if _take_over(attempt, account, reference):
                return answer
            return OutcomeUnknown("it was moved on meanwhile")
        if not isinstance(answer, ReferenceUnknown):
            trouble = OutcomeUnknown(f"{account.label}: {answer}")
    return trouble if attempt.operation in OUTGOING else None


def _elsewhere(attempt: Attempt) -> Iterator[tuple[ProviderAccount, UUID]]:
    """At its own account first."""
    left = ATTEMPTS_MAX - Attempt.objects.filter(owner_id=attempt.owner_id).count()
    references = [attempt.reference]
    for _ in range(left):
        references.append(next_reference(references[-1]))
    for account in _accounts(attempt):
        for reference in references:
            if (account.pk, reference) != (attempt.provider_account_id, attempt.reference):
                yield account, reference


def _accounts(attempt: Attempt) -> Sequence[ProviderAccount]:
    """Where routing may have had it sent."""
    own, operation = attempt.provider_account, operation_of(attempt)
    if operation is Operation.REFUND:
        # It is given back where it was collected.
        return [own]
    profile = profile_of(own.connector, operation)
    others = [
        account
        for account in all_accounts()
        if account.pk != own.pk
        and (account.country, account.currency, account.livemode)
        == (own.country, own.currency, own.livemode)
        and account.merchant_id in (None, attempt.owner.merchant_id)
        and account.is_active
        and operation in account.operations
        and (its := profile_of(account.connector, operation)) is not None
        and profile is not None
        and not set(its.operators).isdisjoint(profile.operators)
    ]
    return [own, *others]


def _take_over(attempt: Attempt, account: ProviderAccount, reference: UUID) -> bool:
    """Whether it is this order now: nobody answered for it meanwhile."""
    try:
        with transaction.atomic():
            case, locked = lock_case_of(attempt.pk)
            if locked.status not in IN_DOUBT or locked.reference != attempt.reference:
                return False
            locked.provider_account, locked.reference = account, reference
            locked.statement_reference = statement_reference(account, reference)
            locked.credentials_fingerprint = credentials_fingerprint(account)
            case.row.provider = account.connector
            bulk_write([], {locked: TAKEN_OVER_FIELDS, case.row: ("provider",)})
            record(
                actor="system",
                action="attempt.found_elsewhere",
                target=attempt.public_id,
                detail={
                    "reference": str(reference),
                    "provider_account": str(account.pk),
                    "was_reference": str(attempt.reference),
                    "was_provider_account": str(attempt.provider_account_id),
                },
                now=database_clock.now(),
            )
    except IntegrityError:
        # Another attempt of ours has this reference.
        return False
    return True
