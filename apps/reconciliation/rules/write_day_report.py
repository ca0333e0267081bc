"""The report of a day for programs: XML by our own schema, static/schemas/day-report-1.xsd."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from apps.core.json_format import instant_as_json
from apps.core.money import EXPONENTS
from apps.core.xml_writer import XmlWriter
from apps.reconciliation.models import Statement
from apps.reconciliation.rules.day_report import DayMovement, DayReport, StandingTotal

NAMESPACE = "urn:lomi-africa:day-report:1"


def write_day_report(report: DayReport, *, now: datetime) -> bytes:
    """Its header, the provider's reports it is made of, the totals, and every movement."""
    xml = XmlWriter()
    with xml.element("DayReport", {"xmlns": NAMESPACE}):
        with xml.element("Header"):
            _header(xml, report, now)
        with xml.element("Statements"):
            for statement in report.statements:
                _statement(xml, statement)
        with xml.element("Totals"):
            for total in report.totals:
                _total(xml, total)
        with xml.element("Movements", {"count": str(report.count)}):
            for movement in report.movements:
                _movement(xml, movement)
    return xml.end()


def _header(xml: XmlWriter, report: DayReport, now: datetime) -> None:
    account = report.account
    xml.text("CreatedAt", instant_as_json(now))
    xml.text("Day", report.day.isoformat())
    xml.text("TimeZone", account.timezone)
    xml.text("ProviderAccount", account.public_id)
    xml.text("Label", account.label)
    xml.text("Connector", account.connector)
    xml.text("Country", account.country)
    xml.text("Live", _flag(account.livemode))


def _statement(xml: XmlWriter, statement: Statement) -> None:
    with xml.element("Statement"):
        xml.text("Id", statement.public_id)
        xml.text("FileName", statement.file_name)
        xml.text("Sha256", bytes(statement.file_digest).hex())
        xml.text("Lines", str(statement.lines_read))
        xml.text("UnreadableLines", str(statement.lines_broken))
        xml.text("ImportedAt", instant_as_json(statement.created_at))


def _total(xml: XmlWriter, total: StandingTotal) -> None:
    with xml.element("Total", {"standing": total.standing, "currency": total.currency}):
        xml.text("OurCount", str(total.our_count))
        xml.text("OurAmount", _amount(total.our_amount, total.currency))
        xml.text("TheirCount", str(total.their_count))
        xml.text("TheirAmount", _amount(total.their_amount, total.currency))
        xml.text("Fee", _amount(total.fee, total.currency))
        xml.text("Net", _amount(total.net, total.currency))


def _movement(xml: XmlWriter, movement: DayMovement) -> None:
    attributes = {
        "number": str(movement.number),
        "standing": movement.standing,
        "currency": movement.currency,
    }
    with xml.element("Movement", attributes):
        _given(xml, "Operation", movement.operation)
        _given(xml, "Of", movement.owner_id)
        _given(xml, "Reference", movement.reference)
        _given(xml, "ProviderReference", movement.provider_reference)
        if movement.owner_id:
            with xml.element("Ours", {"counted": _flag(movement.is_ours)}):
                _side(xml, movement.completed_at, movement.our_amount, movement.currency)
        if movement.statement_id:
            with xml.element("Theirs", {"counted": _flag(movement.is_theirs)}):
                _side(xml, movement.occurred_at, movement.their_amount, movement.currency)
                if movement.fee is not None:
                    xml.text("Fee", _amount(movement.fee, movement.currency))
                _given(xml, "Outcome", movement.outcome)
                xml.text("Statement", movement.statement_id)
                xml.text("Line", str(movement.line_number))
        if movement.discrepancy_id:
            with xml.element("Discrepancy"):
                xml.text("Id", movement.discrepancy_id)
                xml.text("Kind", movement.discrepancy_kind)
                xml.text("Status", movement.discrepancy_status)


def _side(xml: XmlWriter, at: datetime | None, amount: int | None, currency: str) -> None:
    if at is not None:
        xml.text("At", instant_as_json(at))
    if amount is not None:
        xml.text("Amount", _amount(amount, currency))


def _given(xml: XmlWriter, name: str, text: str) -> None:
    if text:
        xml.text(name, text)


def _amount(amount: int, currency: str) -> str:
    # A report may name a currency we do not know.
    return f"{Decimal(amount).scaleb(-EXPONENTS.get(currency, 0)):f}"


def _flag(value: bool) -> str:
    return "true" if value else "false"
