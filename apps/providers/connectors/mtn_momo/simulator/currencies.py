"""Which currency each target environment counts in, and how an amount is written."""

from __future__ import annotations

import re

from apps.providers.simulation.exchange import UnreadableBody

# Target environment -> its currency. Source: official list of environments; sandbox EUR only.
CURRENCIES = {
    "sandbox": "EUR",
    "mtncameroon": "XAF",
    "mtncongo": "XAF",
    "mtnivorycoast": "XOF",
    "mtnbenin": "XOF",
    "mtnguineaconakry": "GNF",
    "mtnghana": "GHS",
    "mtnuganda": "UGX",
    "mtnzambia": "ZMW",
    "mtnswaziland": "SZL",
    "mtnsouthafrica": "ZAR",
    "mtnliberia": "LRD",
}
DECIMALS = {"EUR": 2, "GHS": 2, "ZMW": 2, "SZL": 2, "ZAR": 2, "LRD": 2}


def minor_units(text: str, currency: str) -> int:
    """Digits, a point and as many decimals as the currency has. Raises UnreadableBody."""
    decimals = DECIMALS.get(currency, 0)
    match = re.fullmatch(r"([0-9]{1,15})(?:\.([0-9]+))?", text)
    if match is None or len(match[2] or "") > decimals:
        raise UnreadableBody("amount")
    return int(match[1] + (match[2] or "").ljust(decimals, "0"))


def decimal(amount: int, currency: str) -> str:
    """The reverse; whole amounts without decimals, as they came."""
    decimals = DECIMALS.get(currency, 0)
    if not decimals:
        return str(amount)
    sign, digits = ("-" if amount < 0 else ""), str(abs(amount)).rjust(decimals + 1, "0")
    whole, rest = digits[:-decimals], digits[-decimals:]
    return sign + (whole if not rest.strip("0") else f"{whole}.{rest}")
