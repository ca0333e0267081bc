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
from apps.orchestration.rules.owners import operation_of, owner_of
from apps.orchestration.selectors.load_attempts import lock_case_of
from apps.orchestration.selectors.money_out import OUTGOING, may_be_sent_since
from apps.orchestration.selectors.next_account import ATTEMPTS_MAX
from apps.orchestration.services.ask_reference import ask_reference
from apps.orchestration.services.open_attempt import statement_reference
from apps.providers.contract import (
    NotSent,
    Operation,
    OutcomeUnknown,
    ProviderResult,
    ReferenceUnknown,
)
from apps.providers.models import ProviderAccount
from apps.providers.registry import credentials_fingerprint, profile_of
from apps.providers.selectors.accounts import account_by_id, accounts_of

TAKEN_OVER_FIELDS = (
    "operation",
    "provider_account",
    "reference",
    "statement_reference",
    "credentials_fingerprint",
)


def ask_elsewhere(attempt: Attempt) -> ReplyOrError | None:
    """Of an order that its own provider never heard of under this reference, and that the database
    may have forgotten: whether it went on under the next ones, or at another account, as it does
    after each attempt that was not sent, or went another way, as a refund by the rail's own or as a
    payment to the payer. What is found there is this attempt from now on.

    Returns None if nobody knows of any. Who does not answer may know: then nothing is sent that
    moves money out. A payer would be asked twice, and pays once.
    """
    trouble: ReplyOrError | None = None
    for other in _elsewhere(attempt):
        answer = ask_reference(other)
        if isinstance(answer, ProviderResult):
            if _take_over(attempt, other):
                return answer
            return OutcomeUnknown("it was moved on meanwhile")
        if not isinstance(answer, ReferenceUnknown) and not _is_over(other, answer):
            trouble = OutcomeUnknown(f"{other.provider_account.label}: {answer}")
    return trouble if attempt.operation in OUTGOING else None


def _is_over(other: Attempt, answer: ReplyOrError) -> bool:
    """Whether this account has no part in this any more: staff took it out of use, and its provider
    refuses us for a reason that lasts. Else it would keep all money here for good."""
    is_lasting = isinstance(answer, NotSent) and bool(answer.failure_code)
    return is_lasting and not _is_in_use(other.provider_account, operation_of(other))


def _elsewhere(attempt: Attempt) -> Iterator[Attempt]:
    """The same order as it may have gone: at its own account first, its own way first."""
    left = ATTEMPTS_MAX - Attempt.objects.filter(owner_id=attempt.owner_id).count()
    references = [attempt.reference]
    for _ in range(left):
        references.append(next_reference(references[-1]))
    ways = owner_of(attempt.owner_type).ways(attempt.owner)
    own, since = operation_of(attempt), may_be_sent_since(attempt)
    for operation in sorted(ways, key=lambda one: one is not own):
        for account in _accounts(attempt, operation, ways[operation]):
            for reference in references:
                other = copy(attempt)
                other.operation, other.provider_account = operation.value, account
                other.reference, other.connector_state_encrypted = reference, None
                # A rail that lists its refunds by the day has it among those of then.
                other.created_at = since
                if operation is Operation.REFUND or not _is_same(attempt, other):
                    yield other


def _is_same(one: Attempt, other: Attempt) -> bool:
    return all(
        getattr(one, name) == getattr(other, name)
        for name in ("operation", "provider_account_id", "reference")
    )


def _accounts(
    attempt: Attempt, operation: Operation, only: UUID | None
) -> Sequence[ProviderAccount]:
    """Where routing may have had it sent this way. What staff took out of use since has what it was
    given before; a payer does not wait for its answer."""
    own = attempt.provider_account
    if only == own.pk:
        found = [own]
    elif only is not None:
        found = [account_by_id(only) or ProviderAccount.objects.get(pk=only)]
    else:
        profile = profile_of(own.connector, operation_of(attempt))
        served = set(profile.operators) if profile is not None else set()
        others = [
            account
            for account in accounts_of(attempt.owner.merchant_id, livemode=own.livemode)
            if account.pk != own.pk
            and (account.country, account.currency) == (own.country, own.currency)
            and (attempt.operation in OUTGOING or _is_in_use(account, operation))
            and (its := profile_of(account.connector, operation)) is not None
            and not served.isdisjoint(its.operators)
        ]
        found = [own, *others]
    return [account for account in found if profile_of(account.connector, operation) is not None]


def _is_in_use(account: ProviderAccount, operation: Operation) -> bool:
    return account.is_active and operation in account.operations


def _take_over(attempt: Attempt, other: Attempt) -> bool:
    """Whether it is this order now: nobody answered for it meanwhile."""
    account, reference = other.provider_account, other.reference
    try:
        with transaction.atomic():
            case, locked = lock_case_of(attempt.pk)
            if locked.status not in IN_DOUBT or locked.reference != attempt.reference:
                return False
            locked.operation = other.operation
            locked.provider_account, locked.reference = account, reference
            locked.statement_reference = statement_reference(account, reference)
            locked.credentials_fingerprint = credentials_fingerprint(account)
            noted = owner_of(case.owner_type).went_by(case.row, operation_of(other), account)
            bulk_write([], {locked: TAKEN_OVER_FIELDS, case.row: noted})
            record(
                actor="system",
                action="attempt.found_elsewhere",
                target=attempt.public_id,
                detail={
                    "reference": str(reference),
                    "provider_account": str(account.pk),
                    "operation": other.operation,
                    "was_reference": str(attempt.reference),
                    "was_provider_account": str(attempt.provider_account_id),
                    "was_operation": attempt.operation,
                },
                now=database_clock.now(),
            )
    except IntegrityError:
        # Another attempt of ours has this reference.
        return False
    return True
