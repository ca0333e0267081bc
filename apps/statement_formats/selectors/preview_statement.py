from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from itertools import islice
from time import monotonic
from typing import BinaryIO
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from apps.core.admin import show_money, show_time
from apps.core.tables.cells import FileRefused
from apps.providers.contract import StatementRecord
from apps.providers.kit.report_lines import decoded_lines
from apps.providers.models import ProviderAccount
from apps.statement_formats.rules.check_size import check_size
from apps.statement_formats.rules.count_repeats import RepeatCounter
from apps.statement_formats.rules.guess_dialect import guess_dialect
from apps.statement_formats.rules.items import Item, PassedOver, RefusedLine
from apps.statement_formats.rules.layout import FIELDS, Format, Layout
from apps.statement_formats.rules.preview import Preview, Refusals, ShownRow, Tally
from apps.statement_formats.rules.read_items import read_items, zone_of
from apps.statement_formats.rules.sentences import PASSED_OVER, sentence
from apps.statement_formats.selectors.reader_for import own_reference
from apps.vault.masked_text import mask_text

ROWS_SHOWN = 10
RAW_SHOWN = 12
RAW_LENGTH_MAX = 500
REFUSALS_SHOWN = 3
# A file of more has a wrong date format.
DAYS_MAX = 400
ASKED_AT_ONCE = 1_000
# Somebody waits for the page, and others for the process that makes it.
READING_S_MAX = 20.0
LOOKED_AT_EVERY = 500

# references, connector=, account_id= -> how many of them our books have.
KnowsReferences = Callable[..., int]


def preview_statement(
    file: BinaryIO,
    layout: Layout,
    *,
    connector: str,
    account: ProviderAccount | None,
    zone: ZoneInfo,
) -> Preview:
    """Read the whole file, or as much of it as 20 seconds allow, and keep nothing of it; memory
    stays flat.

    Args:
        account: whose statement it is; None: of any account of the connector.
        layout: its delimiter "" in a table of text is the one that is guessed.

    Raises:
        StatementTooLarge: see check_size.
    """
    check_size(file)
    preview = Preview()
    if layout.format not in (Format.SPREADSHEET, Format.CONNECTOR):
        preview.raw = _first_lines(file, layout)
    if layout.format == Format.CSV:
        preview.dialect = guess_dialect(file)
    _Reading(preview, connector, account, zone_of(layout, zone)).read(file, layout, zone)
    return preview


def with_guess(file: BinaryIO, layout: Layout) -> Layout:
    """A table of text whose delimiter was left open is read by the one that is guessed."""
    if layout.format != Format.CSV or layout.delimiter:
        return layout
    file.seek(0)
    guess = guess_dialect(file)
    return replace(layout, delimiter=guess.delimiter or ";", quote=guess.quote or layout.quote)


def _first_lines(file: BinaryIO, layout: Layout) -> list[tuple[int, str]]:
    lines = islice(decoded_lines(file, layout.encoding), RAW_SHOWN)
    found = [(line.number, mask_text(line.text[:RAW_LENGTH_MAX])) for line in lines]
    file.seek(0)
    return found


class _Reading:
    def __init__(
        self, preview: Preview, connector: str, account: ProviderAccount | None, zone: ZoneInfo
    ) -> None:
        self._preview, self._connector, self._account = preview, connector, account
        self._zone = zone
        self._repeats = RepeatCounter()
        self._unasked: list[str] = []

    def read(self, file: BinaryIO, layout: Layout, zone: ZoneInfo) -> None:
        preview, ends = self._preview, monotonic() + READING_S_MAX
        try:
            for number, item in enumerate(read_items(file, layout, zone), 1):
                self._count(item)
                if not number % LOOKED_AT_EVERY and monotonic() > ends:
                    preview.is_cut = True
                    break
        except FileRefused as refusal:
            preview.refusal = sentence(refusal.code, refusal.values_of)
        self._ask()
        preview.repeats = self._repeats.repeats

    def _count(self, item: Item) -> None:
        preview = self._preview
        if len(preview.rows) < ROWS_SHOWN:
            preview.rows.append(_shown(item, self._zone))
        if isinstance(item, PassedOver):
            preview.passed_over[item.why] = preview.passed_over.get(item.why, 0) + 1
        elif isinstance(item, RefusedLine):
            preview.refused += 1
            refusals = preview.refusals.setdefault(item.code, Refusals())
            refusals.count += 1
            if len(refusals.first) < REFUSALS_SHOWN:
                refusals.first.append(f"{item.line_number}: {item.problem}")
        else:
            self._count_record(item)

    def _count_record(self, record: StatementRecord) -> None:
        preview = self._preview
        preview.read += 1
        of = (record.currency, record.outcome.value, record.kind.value if record.kind else "")
        tally = preview.sums.setdefault(of, Tally())
        tally.count += 1
        tally.amount += record.amount
        tally.fee += record.fee
        day = record.occurred_at.astimezone(self._zone).date()
        if day in preview.days or len(preview.days) < DAYS_MAX:
            preview.days[day] = preview.days.get(day, 0) + 1
        else:
            preview.has_more_days = True
        self._repeats.add(record.provider_reference or record.reference)
        if record.reference:
            self._unasked.append(record.reference)
            if len(self._unasked) == ASKED_AT_ONCE:
                self._ask()

    def _ask(self) -> None:
        account = self._account
        if self._unasked:
            self._preview.references += len(self._unasked)
            self._preview.known += knows_references()(
                [own_reference(one, self._connector) for one in self._unasked],
                connector=self._connector,
                account_id=account.pk if account else None,
            )
        self._unasked = []


@cache
def knows_references() -> KnowsReferences:
    return import_string(settings.KNOWN_REFERENCES)  # type: ignore[no-any-return]


def _shown(item: Item, zone: ZoneInfo) -> ShownRow:
    raw = mask_text(item.raw[:RAW_LENGTH_MAX])
    if isinstance(item, PassedOver):
        return ShownRow(item.line_number, raw, passed_over=str(PASSED_OVER[item.why]))
    if isinstance(item, RefusedLine):
        return ShownRow(item.line_number, raw, problem=item.problem)
    return ShownRow(item.line_number, raw, read=_fields(item, zone))


def _fields(record: StatementRecord, zone: ZoneInfo) -> Sequence[tuple[str, str]]:
    outcomes = {"succeeded": _("succeeded"), "failed": _("failed")}
    operations = {"collect": _("payment"), "refund": _("refund"), "disburse": _("payout")}
    fields = [
        ("reference", record.reference or "–"),
        ("provider_reference", record.provider_reference or "–"),
        ("amount", show_money(record.amount, record.currency)),
        ("fee", show_money(record.fee, record.currency)),
        ("status", outcomes[record.outcome.value]),
        ("operation", operations[record.kind.value] if record.kind else "–"),
        ("date", show_time(record.occurred_at, zone.key)),
    ]
    return [(str(FIELDS[name]), text) for name, text in fields]
