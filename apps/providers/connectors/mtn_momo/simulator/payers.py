"""What the simulated payers do, by their number. Data, and how a number finds its line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

FAILED = "FAILED"
SUCCESSFUL = "SUCCESSFUL"
PENDING = "PENDING"


# MTN's own numbers are magic as a whole: 46733123450 and so on. In a real country people type
# 677123456 first, so the same ends have endings there that nobody types by chance.
SANDBOX_START = "467331234"
ENDING_START = "9001"


class Magic(NamedTuple):
    """What a payer's number brings about.

    refuse_with: HTTP status at creation, nothing stored; else the instruction ends as `status`
    with `reason` after the payer's usual time, after `ongoing_after_s`, or `never`.
    """

    reason: str = ""
    status: str = FAILED
    refuse_with: int = 0
    ongoing: bool = False
    never: bool = False


APPROVES = Magic(status=SUCCESSFUL)
_ONGOING = Magic(status=SUCCESSFUL, ongoing=True)
_DELAYED = Magic(status=PENDING, never=True)
_TYPE_UNKNOWN = Magic("TRANSFER_TYPE_UNKNOWN")
_COMMON = {
    "123450": Magic("INTERNAL_PROCESSING_ERROR"),
    "123451": Magic("APPROVAL_REJECTED"),
    "123452": Magic("EXPIRED"),
    "123453": _ONGOING,
    "123454": _DELAYED,
}


def ending(party: str) -> str:
    """What the tables below know a number by: its last six digits as MTN's sandbox would end it."""
    if party.startswith(SANDBOX_START) and len(party) == len("46733123450"):
        return party[-6:]
    if party[-6:-2] == ENDING_START:
        return f"1234{party[-2:]}"
    ours = {*_OURS, *REFUNDED_MAGIC, *ACCOUNT_HOLDER_NAMES}
    return party[-6:] if party[-6:] in ours else ""


# Ours: ends the official table has no collecting number for.
_OURS = {
    "900020": Magic("NOT_ENOUGH_FUNDS"),
    "900021": Magic("PAYER_LIMIT_REACHED"),
    "900022": Magic("SENDER_ACCOUNT_NOT_ACTIVE"),
    "900023": Magic("TRANSACTION_CANCELED"),
    "900024": Magic("PAYEE_LIMIT_REACHED"),
    "900025": Magic("PAYMENT_NOT_APPROVED"),
    "900026": Magic("LOW_BALANCE_OR_PAYEE_LIMIT_REACHED_OR_NOT_ALLOWED"),
}
# Ours too: a wallet that pays, and to which nothing can be sent. By who is given money back.
REFUNDED_MAGIC: Mapping[str, Magic] = {"900030": Magic("PAYEE_NOT_ALLOWED_TO_RECEIVE")}
# Source: sandbox guide, "test MSISDNs". Which of them are refused at once is not documented;
# we refuse what is about configuration or availability and let the rest fail later.
COLLECT_MAGIC: Mapping[str, Magic] = {
    **_COMMON,
    **_OURS,
    "123455": Magic("PAYER_NOT_FOUND"),
    "123456": Magic("PAYEE_NOT_ALLOWED_TO_RECEIVE"),
    "123457": Magic("NOT_ALLOWED", refuse_with=500),
    "123458": Magic("NOT_ALLOWED_TARGET_ENVIRONMENT", refuse_with=500),
    "123459": Magic("INVALID_CALLBACK_URL_HOST", refuse_with=500),
    "123460": Magic("INVALID_CURRENCY", refuse_with=500),
    "123461": Magic("INTERNAL_PROCESSING_ERROR"),
    "123462": Magic("SERVICE_UNAVAILABLE", refuse_with=503),
    "123463": Magic("COULD_NOT_PERFORM_TRANSACTION"),
    "123464": _TYPE_UNKNOWN,
}
TRANSFER_MAGIC: Mapping[str, Magic] = {
    **_COMMON,
    **_OURS,
    **REFUNDED_MAGIC,
    "123455": Magic("NOT_ENOUGH_FUNDS"),
    "123456": Magic("PAYER_LIMIT_REACHED"),
    "123457": Magic("PAYEE_NOT_FOUND"),
    "123458": Magic("NOT_ALLOWED", refuse_with=500),
    "123459": Magic("NOT_ALLOWED_TARGET_ENVIRONMENT", refuse_with=500),
    "123460": Magic("INVALID_CALLBACK_URL_HOST", refuse_with=500),
    "123461": Magic("INVALID_CURRENCY", refuse_with=500),
    "123462": Magic("INTERNAL_PROCESSING_ERROR"),
    "123463": Magic("SERVICE_UNAVAILABLE", refuse_with=503),
    "123464": _TYPE_UNKNOWN,
}
PREAPPROVAL_MAGIC: Mapping[str, Magic] = {
    **_COMMON,
    "123455": Magic("PAYER_NOT_FOUND"),
    "123456": Magic("NOT_ALLOWED", refuse_with=500),
    "123457": Magic("NOT_ALLOWED_TARGET_ENVIRONMENT", refuse_with=500),
    "123458": Magic("INVALID_CALLBACK_URL_HOST", refuse_with=500),
    "123459": Magic("INVALID_CURRENCY", refuse_with=500),
    "123460": Magic("INTERNAL_PROCESSING_ERROR"),
    "123461": Magic("SERVICE_UNAVAILABLE", refuse_with=503),
}
# By referenceIdToRefund; a UUID check would refuse them, so they are taken before it.
REFUND_MAGIC: Mapping[str, Magic] = {
    "1": Magic("RESOURCE_NOT_FOUND"),
    "2": Magic("INTERNAL_PROCESSING_ERROR"),
    "3": Magic("APPROVAL_REJECTED"),
    "4": Magic("EXPIRED"),
    "5": _ONGOING,
    "6": _DELAYED,
    "7": Magic("NOT_ALLOWED", refuse_with=500),
    "8": Magic("NOT_ALLOWED_TARGET_ENVIRONMENT", refuse_with=500),
    "9": Magic("INVALID_CALLBACK_URL_HOST", refuse_with=500),
    "10": Magic("INVALID_CURRENCY", refuse_with=500),
    "11": Magic("INTERNAL_PROCESSING_ERROR"),
    "12": Magic("SERVICE_UNAVAILABLE", refuse_with=503),
    "13": Magic("COULD_NOT_PERFORM_TRANSACTION"),
}
# v2_0/payment goes by amount.
PAYMENT_MAGIC: Mapping[str, Magic] = {
    "1000": Magic(status=SUCCESSFUL),
    "2000": Magic("INTERNAL_PROCESSING_ERROR"),
    "3000": _ONGOING,
    "4000": Magic("INTERNAL_PROCESSING_ERROR", ongoing=True),
    "5000": _DELAYED,
    "6000": _DELAYED,
    "7000": _TYPE_UNKNOWN,
}
# The live sandbox answers plainly for the numbers its table promises errors for.
ACCOUNT_HOLDER_MAGIC: Mapping[str, tuple[int, str]] = {"123450": (404, "RESOURCE_NOT_FOUND")}
ACCOUNT_HOLDER_INACTIVE = "123451"
# The last six digits of ours whose wallets have a name of their own: (given, family).
ACCOUNT_HOLDER_NAMES: Mapping[str, tuple[str, str]] = {
    "900071": ("Awa", "NDIAYE"),
    "900072": ("Jean Baptiste", "MBARGA"),
    "900073": ("", ""),
}

# The payers of test mode, by what they do: Cameroonian MTN numbers, for tests and the guide.
# Any other MTN number approves. In another country keep the last six digits.
PAYER_APPROVES = "237677000001"
PAYER_FAILS = "237677900150"
PAYER_REJECTS = "237677900151"
PAYER_LETS_IT_EXPIRE = "237677900152"
PAYER_TAKES_HALF_A_MINUTE = "237677900153"
PAYER_NEVER_ANSWERS = "237677900154"
PAYER_HAS_NO_WALLET = "237677900155"
PAYER_MEETS_BLOCKED_PAYEE = "237677900156"
PAYER_IS_NOT_ALLOWED = "237677900157"
PAYER_MEETS_WRONG_ENVIRONMENT = "237677900158"
PAYER_MEETS_WRONG_CALLBACK_HOST = "237677900159"
PAYER_MEETS_WRONG_CURRENCY = "237677900160"
PAYER_MEETS_INTERNAL_ERROR = "237677900161"
PAYER_MEETS_CLOSED_SERVICE = "237677900162"
PAYER_FORGETS_PIN = "237677900163"
PAYER_MEETS_UNKNOWN_TYPE = "237677900164"
PAYER_LOSES_CALLBACK = "237677900001"
PAYER_CALLS_BACK_TWICE = "237677900002"
PAYER_CALLS_BACK_LATE = "237677900003"
PAYER_CALLS_BACK_OUT_OF_ORDER = "237677900004"
PAYER_IS_FORGED = "237677900005"
PAYER_BREAKS_THE_LINE = "237677900006"
PAYER_CAUSES_500_THOUGH_ACCEPTED = "237677900007"
PAYER_IS_SLOW = "237677900008"
PAYER_FINDS_MTN_DOWN = "237677900009"
PAYER_GETS_JUNK = "237677900010"
PAYER_IS_CHARGED_ANOTHER_AMOUNT = "237677900011"
PAYER_SUCCEEDS_AFTER_EXPIRY = "237677900012"
PAYER_CALLS_BACK_CONTRADICTING = "237677900013"
PAYER_IS_MISTAKEN_FOR_ANOTHER = "237677900014"
PAYER_CALLS_BACK_A_HUNDRED_TIMES = "237677900015"
PAYER_APPROVES_LATE = "237677900016"
PAYER_IS_HIDDEN_AT_FIRST = "237677900017"
PAYER_CALLS_BACK_EARLY = "237677900018"
PAYER_HAS_NO_FUNDS = "237677900020"
PAYER_IS_OVER_LIMIT = "237677900021"
PAYER_IS_BLOCKED = "237677900022"
PAYER_CANCELS = "237677900023"
PAYER_MEETS_PAYEE_LIMIT = "237677900024"
PAYER_DOES_NOT_APPROVE = "237677900025"
PAYER_CANNOT_PAY_FOR_SOME_REASON = "237677900026"
PAYER_CANNOT_RECEIVE = "237677900030"

PAYERS: Mapping[str, str] = {
    PAYER_APPROVES: "approves after the usual time; any number not listed does the same",
    PAYER_FAILS: "FAILED, INTERNAL_PROCESSING_ERROR",
    PAYER_REJECTS: "FAILED, APPROVAL_REJECTED",
    PAYER_LETS_IT_EXPIRE: "FAILED, EXPIRED",
    PAYER_TAKES_HALF_A_MINUTE: "pending, SUCCESSFUL after `ongoing_after_s` (30)",
    PAYER_NEVER_ANSWERS: "pending for ever",
    PAYER_HAS_NO_WALLET: "FAILED, PAYER_NOT_FOUND",
    PAYER_MEETS_BLOCKED_PAYEE: "FAILED, PAYEE_NOT_ALLOWED_TO_RECEIVE",
    PAYER_IS_NOT_ALLOWED: "refused at once: 500 NOT_ALLOWED",
    PAYER_MEETS_WRONG_ENVIRONMENT: "refused at once: 500 NOT_ALLOWED_TARGET_ENVIRONMENT",
    PAYER_MEETS_WRONG_CALLBACK_HOST: "refused at once: 500 INVALID_CALLBACK_URL_HOST",
    PAYER_MEETS_WRONG_CURRENCY: "refused at once: 500 INVALID_CURRENCY",
    PAYER_MEETS_INTERNAL_ERROR: "FAILED, INTERNAL_PROCESSING_ERROR",
    PAYER_MEETS_CLOSED_SERVICE: "refused at once: 503 SERVICE_UNAVAILABLE",
    PAYER_FORGETS_PIN: "FAILED, COULD_NOT_PERFORM_TRANSACTION",
    PAYER_MEETS_UNKNOWN_TYPE: "FAILED, TRANSFER_TYPE_UNKNOWN",
    PAYER_LOSES_CALLBACK: "approves; no callback",
    PAYER_CALLS_BACK_TWICE: "approves; the callback comes twice",
    PAYER_CALLS_BACK_LATE: "approves; the callback comes 3 s later",
    PAYER_CALLS_BACK_OUT_OF_ORDER: "approves; callbacks SUCCESSFUL, then PENDING",
    PAYER_IS_FORGED: "rejects; forged callbacks claim success, the second of another amount",
    PAYER_BREAKS_THE_LINE: "accepted, then the connection closes without an answer; approves",
    PAYER_CAUSES_500_THOUGH_ACCEPTED: "accepted but answered 500; approves",
    PAYER_IS_SLOW: "accepted, answered after 25 s; approves",
    PAYER_FINDS_MTN_DOWN: "503, nothing stored",
    PAYER_GETS_JUNK: "accepted, answered with HTML, so are two status queries; approves",
    PAYER_IS_CHARGED_ANOTHER_AMOUNT: "SUCCESSFUL, but with half the amount",
    PAYER_SUCCEEDS_AFTER_EXPIRY: "FAILED, EXPIRED at first; SUCCESSFUL 6 s later",
    PAYER_CALLS_BACK_CONTRADICTING: "approves; callbacks SUCCESSFUL, then FAILED",
    PAYER_IS_MISTAKEN_FOR_ANOTHER: "the status is that of another payer's request",
    PAYER_CALLS_BACK_A_HUNDRED_TIMES: "approves; the callback comes a hundred times",
    PAYER_APPROVES_LATE: "pending 6 s longer than usual, then SUCCESSFUL",
    PAYER_IS_HIDDEN_AT_FIRST: "accepted, but 404 to status queries for 2 s; approves",
    PAYER_CALLS_BACK_EARLY: "approves; the callback comes before the answer to the request",
    PAYER_HAS_NO_FUNDS: "FAILED, NOT_ENOUGH_FUNDS",
    PAYER_IS_OVER_LIMIT: "FAILED, PAYER_LIMIT_REACHED",
    PAYER_IS_BLOCKED: "FAILED, SENDER_ACCOUNT_NOT_ACTIVE",
    PAYER_CANCELS: "FAILED, TRANSACTION_CANCELED",
    PAYER_MEETS_PAYEE_LIMIT: "FAILED, PAYEE_LIMIT_REACHED",
    PAYER_DOES_NOT_APPROVE: "FAILED, PAYMENT_NOT_APPROVED",
    PAYER_CANNOT_PAY_FOR_SOME_REASON: ("FAILED, LOW_BALANCE_OR_PAYEE_LIMIT_REACHED_OR_NOT_ALLOWED"),
    PAYER_CANNOT_RECEIVE: "approves; a refund or transfer FAILED, PAYEE_NOT_ALLOWED_TO_RECEIVE",
}
