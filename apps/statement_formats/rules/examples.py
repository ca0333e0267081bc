"""Layouts to begin from.

GIM-UEMOA's clearing file (LIS) is given to its members and published nowhere. What is public is
how wide ISO 8583 makes each field: F37 twelve, a time with its year twelve, F4 twelve, F3 two for
the kind, F39 two. The example has them one behind the other; where they stand in a member's file
its own specification says.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

APPROVED = ("00", "08", "11", "16")
# What is approved in part has another amount than was asked for: a person looks.
DECLINED = ("01", "02", "03", "04", "05", "12", "13", "14", "30", "41", "43", "51", "54", "55")
DECLINED_TOO = ("57", "58", "61", "62", "63", "65", "75", "91", "94", "96")


@dataclass(frozen=True, slots=True)
class Example:
    name: str | Promise
    layout: Mapping[str, Any]


EXAMPLES: Mapping[str, Example] = {
    "table": Example(
        _("Table with a heading, French spreadsheet"),
        {
            "format": "csv",
            "delimiter": ";",
            "columns": {
                "reference": "Référence",
                "provider_reference": "Transaction",
                "amount": "Montant",
                "fee": "Frais",
                "status": "Statut",
                "date": "Date",
            },
            "currency": "XOF",
            "decimal_mark": ",",
            "grouping_mark": " ",
            "date_format": "%d/%m/%Y %H:%M:%S",
            "outcomes": {"succès": "succeeded", "échec": "failed", "en attente": "ignored"},
            "operation_in": "collect",
        },
    ),
    "gim_clearing": Example(
        _("GIM-UEMOA clearing, to be placed by the member’s specification"),
        {
            "format": "fixed_width",
            "has_heading": False,
            "columns": {
                "provider_reference": "1-12",
                "date": "13-24",
                "amount": "25-36",
                "operation": "37-38",
                "status": "39-40",
            },
            "currency": "XOF",
            "date_format": "%y%m%d%H%M%S",
            "time_zone": "Africa/Dakar",
            "outcomes": dict.fromkeys(APPROVED, "succeeded")
            | dict.fromkeys((*DECLINED, *DECLINED_TOO), "failed"),
            "operations": {"00": "collect", "20": "refund"},
        },
    ),
    "camt": Example(
        _("Bank statement, ISO 20022"),
        {
            "format": "camt",
            "account_number": "CI00",
            "operation_in": "collect",
            "operation_out": "disburse",
        },
    ),
    "mt940": Example(
        _("Bank statement, SWIFT MT940"),
        {
            "format": "mt940",
            "account_number": "CI00",
            "operation_in": "collect",
            "operation_out": "disburse",
        },
    ),
}
