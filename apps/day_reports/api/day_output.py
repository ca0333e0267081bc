"""A day report as merchants see it."""

from __future__ import annotations

import base64
from functools import partial

from apps.core.api.field_words import FILE_NAME
from apps.core.api.resource import (
    Choice,
    Constant,
    Flag,
    Id,
    Instant,
    Number,
    Resource,
    Text,
)
from apps.core.money import EXPONENTS
from apps.day_reports.models import MerchantDay
from apps.day_reports.rules.groups import GROUPS, Group, sum_of
from apps.day_reports.services.build_merchant_day import KINDS
from apps.ledger.rules.postings import MOVEMENT


def _sum(group: Group, day: MerchantDay) -> int:
    return sum_of(day, group)


def _day(day: MerchantDay) -> str:
    return day.day.isoformat()


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode()


class DayTotalOutput(Resource):
    rail = Text(
        allow_null=True,
        example="mtn_momo",
        help_text="The provider that moved it; null where none did.",
    )
    kind = Choice(list(GROUPS), example="gross", help_text=MOVEMENT)
    count = Number(example=2)
    amount = Number(example=3000, help_text="Negative where it was taken off.")


class DayReportOutput(Resource):
    """No query: everything is in the row."""

    id = Id("day", example="day_01kasdc7z2nv6s9w1y3a5c7e9h")
    object = Constant("day_report")
    livemode = Flag(example=False)
    day = Text(source="*", convert=_day, example="2026-11-21", help_text="Of your time zone.")
    version = Number(
        example=1, help_text="Rises with each correction, which is a report of its own."
    )
    timezone = Text(example="Africa/Douala", help_text="Yours, by which the day is meant.")
    begins_at = Instant(example="2026-11-20T23:00:00.000Z", help_text="When the day begins.")
    ends_at = Instant(
        example="2026-11-21T23:00:00.000Z",
        help_text="When it ends: what moved then or later is of the next day.",
    )
    currency = Choice(sorted(EXPONENTS), example="XAF")
    opening_balance = Number(
        example=0, help_text="What was available to you, in the currency's smallest unit."
    )
    collected = Number(
        source="*",
        convert=partial(_sum, Group.COLLECTED),
        example=3000,
        help_text="Payments; of those that become available later, what became so on this day.",
    )
    refunded = Number(
        source="*",
        convert=partial(_sum, Group.REFUNDED),
        example=0,
        help_text="Set aside for refunds, less what came back. Negative, as all that is taken off.",
    )
    paid_out = Number(
        source="*",
        convert=partial(_sum, Group.PAID_OUT),
        example=0,
        help_text="Set aside for payouts and batches, less what came back.",
    )
    fees = Number(
        source="*",
        convert=partial(_sum, Group.FEES),
        example=-60,
        help_text="Our fees and the taxes on them, less what was given back.",
    )
    disputed = Number(
        source="*",
        convert=partial(_sum, Group.DISPUTED),
        example=0,
        help_text="Held for disputes, less what is yours again.",
    )
    reserved = Number(
        source="*",
        convert=partial(_sum, Group.RESERVED),
        example=0,
        help_text="Kept in reserve of your payments, less what is yours again.",
    )
    settled = Number(
        source="*",
        convert=partial(_sum, Group.SETTLED),
        example=0,
        help_text="Set aside for settlements, less what came back. One that is paid by payout is"
        " under paid_out.",
    )
    corrected = Number(
        source="*",
        convert=partial(_sum, Group.CORRECTED),
        example=0,
        help_text="What was put right in the books, in your favour or not.",
    )
    net = Number(example=2940, help_text="The eight together.")
    closing_balance = Number(example=2940, help_text="Opening balance and net.")
    line_count = Number(example=4)
    totals = DayTotalOutput(many=True, help_text="The movements, by rail and kind.")
    created_at = Instant(example="2026-11-21T23:15:02.000Z")


class DayReportFileOutput(Resource):
    object = Constant("day_report_file")
    day_report = Text(
        is_given=True,
        example=DayReportOutput.example()["id"],
        help_text="The day report whose file it is.",
    )
    format = Choice(list(KINDS), is_given=True, example="csv")
    name = Text(
        example="mer_01kasd8x6mew47k3tpfg2v1y5s_XAF_2026-11-21_v1_test.csv", help_text=FILE_NAME
    )
    content_type = Text(example="text/csv; charset=utf-8")
    content = Text(convert=_base64, example="77u/TGluZSxUaW1lCg==")
