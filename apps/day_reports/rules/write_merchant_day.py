"""A merchant's day for programs: XML by our own schema, static/schemas/merchant-day-1.xsd."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from apps.core.json_format import instant_as_json
from apps.core.money import in_main_unit
from apps.core.public_ids import encode_id
from apps.core.xml_writer import XmlWriter
from apps.day_reports.models import MerchantDay
from apps.day_reports.rules.day_line import DayLine
from apps.day_reports.rules.groups import Group, sum_of
from apps.ledger.rules.postings import SOURCES, TransferKind

NAMESPACE = "urn:lomi-africa:merchant-day:1"


def write_merchant_day(day: MerchantDay, lines: Iterable[DayLine], *, now: datetime) -> bytes:
    """Its header, balances and sums, then every movement."""
    xml = XmlWriter()
    with xml.element("MerchantDay", {"xmlns": NAMESPACE}):
        with xml.element("Header"):
            _header(xml, day, now)
        with xml.element("Summary"):
            for name, amount in _summary(day):
                xml.text(name, _amount(amount, day.currency))
        with xml.element("Totals"):
            for total in day.totals:
                with xml.element("Total", {"rail": total["rail"], "kind": total["kind"]}):
                    xml.text("Count", str(total["count"]))
                    xml.text("Amount", _amount(total["amount"], day.currency))
        with xml.element("Movements", {"count": str(day.line_count)}):
            for line in lines:
                _movement(xml, line, day.currency)
    return xml.end()


def _header(xml: XmlWriter, day: MerchantDay, now: datetime) -> None:
    xml.text("Id", day.public_id)
    xml.text("CreatedAt", instant_as_json(now))
    xml.text("Day", day.day.isoformat())
    xml.text("Version", str(day.version))
    xml.text("TimeZone", day.timezone)
    xml.text("BeginsAt", instant_as_json(day.begins_at))
    xml.text("EndsAt", instant_as_json(day.ends_at))
    xml.text("Merchant", day.merchant.public_id)
    xml.text("Currency", day.currency)
    xml.text("Live", "true" if day.livemode else "false")


def _summary(day: MerchantDay) -> list[tuple[str, int]]:
    # Only where there is a reserve: the schema had no word for it at first.
    reserved = sum_of(day, Group.RESERVED)
    return [
        ("OpeningBalance", day.opening_balance),
        ("Collected", sum_of(day, Group.COLLECTED)),
        ("Refunded", sum_of(day, Group.REFUNDED)),
        ("PaidOut", sum_of(day, Group.PAID_OUT)),
        ("Fees", sum_of(day, Group.FEES)),
        ("Disputed", sum_of(day, Group.DISPUTED)),
        *([("Reserved", reserved)] if reserved else []),
        ("Settled", sum_of(day, Group.SETTLED)),
        ("Corrected", sum_of(day, Group.CORRECTED)),
        ("Net", day.net),
        ("ClosingBalance", day.closing_balance),
    ]


def _movement(xml: XmlWriter, line: DayLine, currency: str) -> None:
    attributes = {"number": str(line.number), "rail": line.rail, "kind": line.kind}
    with xml.element("Movement", attributes):
        xml.text("Id", encode_id("tr", line.pk))
        xml.text("At", instant_as_json(line.moved_at))
        xml.text("Amount", _amount(line.amount, currency))
        xml.text("Of", encode_id(SOURCES[TransferKind(line.kind)], line.source_id))
        if line.reference:
            xml.text("Reference", line.reference)


def _amount(amount: int, currency: str) -> str:
    return f"{in_main_unit(amount, currency):f}"
