"""Whose a failure is: what payers cannot or will not is no trouble of the rail."""

from __future__ import annotations

from apps.providers.contract import FailureCode

PAYER = frozenset(
    {
        FailureCode.PAYER_DECLINED,
        FailureCode.PAYER_TIMED_OUT,
        FailureCode.PAYER_NOT_FOUND,
        FailureCode.PAYER_BLOCKED,
        FailureCode.INSUFFICIENT_FUNDS,
        FailureCode.LIMIT_REACHED,
        FailureCode.PAYEE_NOT_FOUND,
        FailureCode.PAYEE_CANNOT_RECEIVE,
        FailureCode.PAYEE_LIMIT_REACHED,
    }
)
# Credentials and contracts: for us to mend, and as dead for payers as a rail that is down.
OURS = frozenset({FailureCode.MERCHANT_ACCOUNT_BLOCKED, FailureCode.CONFIGURATION})
# And the rest, an instruction without a code that never arrived among them.
RAIL = frozenset({FailureCode.PROVIDER_DECLINED, FailureCode.PROVIDER_UNAVAILABLE})
