"""The last net: phone numbers and secrets that reach a log all the same are masked there."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from types import NoneType
from typing import Any
from uuid import UUID

# Cheap, and true of every text that FINDINGS would change.
SUSPECT = re.compile(
    r"\d{9}|\+\d|lomi_|whsec_|rtt_|bearer|basic|[a-z2-7]{52}|-----BEGIN|csrf|session|"
    r"passw|passphrase|secret|token|otp|pin|ticket|code_verifier|cookie|authorization",
    re.IGNORECASE,
)

FINDINGS = re.compile(
    r"""
    (?P<secret_head>
        lomi_(?:(?:sk|rk)_(?:test|live)|at|rt|cs)_ | \bwhsec_ | \brtt_ | \bbearer\s+
        | \bbasic\s+(?=\S{12})
        # What opens a callback or a payer's page: see apps/vault/tokens.py.
        | (?<![0-9a-z]) (?=[a-z2-7]{52}(?![0-9a-z]))
        | (?P<certificate> -----BEGIN[ ] )
        # Named as a secret, in a query, a form, a header or JSON.
        | (?P<named>
            \b (?: [a-z_-]*(?:password|passwd|passphrase|secret|token|ticket|session(?:id)?|csrf)
              | otp | pin | code_verifier )
            ["']? \s? (?:=|:(?!:)) \s? b?["']?
          )
    )
    (?(certificate) .*? (?:-----END[ ][A-Z ]+-----|\Z)
      | (?(named) [^\s"'&,;}<>)\]]+ | [0-9a-z._~+/=-]+ ) )

    # What looks like a number of a phone and is not: it is found first and kept.
    | (?P<kept>
        (?<![0-9a-z]) [0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12} (?![0-9a-z])
        | (?<![0-9a-z]) [0-9a-f]{32,} (?![0-9a-z])           # digests, ids without dashes
        | (?<![0-9a-z]) [a-z]{2,4}_[0-9a-z]{26} (?![0-9a-z]) # public ids
        | \d{4}-\d\d-\d\d[T\s]\d\d:\d\d:\d\d[.,]\d+          # a fraction may have nine digits
        | (?<![a-z]) (?:amount|balance|fee|gross|net|total) ["']?\s?[:=]\s?["']?-?\d+
        # With the country code a number has 11 digits or more in our countries.
        | (?<![\d+]) \d{9,10} (?=\s?(?:XOF|XAF|EUR|USD)\b)
      )

    | (?P<phone>
        (?<!\d) \+?\d{9,15} (?!\d)
        | (?<!\d) \+\d(?:[ \u00a0.()-]{1,2}\d|\d){8,14} (?!\d) # written with spaces
      )
    """,
    re.IGNORECASE | re.VERBOSE | re.DOTALL,
)

# What every record has; the rest came as `extra`.
OWN_FIELDS = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime"}

HARMLESS = (int, float, UUID, datetime, NoneType)

_formatter = logging.Formatter()


class RedactPersonalData(logging.Filter):
    """Mask phone numbers, keys, tokens and what is named a secret; refuse no record.

    Reads the message, its arguments, the traceback, the stack and everything in `extra`. An integer
    argument is an amount or a count and stays: phone numbers are text here. Set it on handlers: a
    logger's filter does not see what its children log. Local forms of eight digits are not found,
    and a provider's numeric reference of 9 to 15 digits is taken for a phone.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        _redact_message(record)
        _redact_traceback(record)
        fields = record.__dict__
        for name in fields.keys() - OWN_FIELDS:
            fields[name] = _redact_printed(fields[name])
        return True


def _redact_message(record: logging.LogRecord) -> None:
    numbers: frozenset[str] = frozenset()
    # One by one, so that formatters which read the arguments still find as many.
    if isinstance(record.args, Mapping):
        numbers = _numbers(record.args.values())
        record.args = {name: _redact_value(value) for name, value in record.args.items()}
    elif isinstance(record.args, tuple):
        numbers = _numbers(record.args)
        record.args = tuple(map(_redact_value, record.args))
    try:
        message = record.getMessage()
    except Exception:
        # Wrong placeholders: the handler will report it, with `msg` and `args` as they are now.
        record.msg = _redact_value(record.msg)
        return
    redacted = _redact(message, numbers)
    if redacted is not message:
        record.msg = redacted
        record.args = ()


def _redact_traceback(record: logging.LogRecord) -> None:
    if record.stack_info:
        record.stack_info = _redact(record.stack_info)
    if record.exc_text:
        record.exc_text = _redact(record.exc_text)
    if record.exc_info:
        text = _formatter.formatException(record.exc_info)
        redacted = _redact(text)
        if redacted is not text:
            # Without exc_info nobody after us can print the original.
            record.exc_text = redacted
            record.exc_info = None


def _numbers(values: Iterable[object]) -> frozenset[str]:
    """The integers among these that could be taken for phone numbers, as digits."""
    return frozenset(
        str(abs(value)) for value in values if isinstance(value, int) and abs(value) < 10**15
    )


def _redact_value(value: Any) -> Any:
    return _redact(value) if isinstance(value, str) else value


def _redact_printed(value: Any) -> Any:
    """`value` itself, or its masked text when a formatter would print something personal."""
    if isinstance(value, HARMLESS):
        return value
    try:
        text = str(value)
    except Exception:
        # A log line must not break the work; the formatter will meet the same error and report it.
        return value
    redacted = _redact(text)
    return value if redacted is text else redacted


def _redact(text: str, numbers: frozenset[str] = frozenset()) -> str:
    """`text` itself when there is nothing to mask; digit runs among `numbers` stay."""
    if not SUSPECT.search(text):
        return text

    def replace(match: re.Match[str]) -> str:
        head = match["secret_head"]
        if head is not None:
            return f"{head}[redacted]"
        found = match[0]
        if match["phone"] is None or found in numbers:
            return found
        return f"[phone *{found[-2:]}]"

    redacted = FINDINGS.sub(replace, text)
    return text if redacted == text else redacted
