from datetime import timedelta, timezone
from io import BytesIO

import pytest
from django.db import connection
from django.utils import translation
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from apps.core.admin import show_time
from apps.core.models import OutboxMessage
from apps.providers.connectors.mtn_momo import statement as mtn
from apps.providers.connectors.orange_webpay.statement import read_statement
from apps.providers.contract import STATED_AMOUNT_MAX, ProviderMisbehaved, StatementProblem
from apps.reconciliation.models import Discrepancy, Statement, StatementLine
from apps.reconciliation.selectors.suggested_attempts import suggested_attempts
from apps.reconciliation.services import compare_statement
from apps.reconciliation.services.claim_matchings import PROMISED_MATCHINGS
from apps.reconciliation.services.import_statement import (
    MATCH_TOPIC,
    UnreadableStatement,
    import_statement,
)
from tests.factories import PaymentFactory, ProviderAccountFactory
from tests.tries import examples

from .reports import (
    DAY,
    NOON,
    NOW,
    another_matched,
    foreign_line,
    line_of,
    stage,
    stage_and_match,
)

pytestmark = pytest.mark.django_db

HEADING = "date;txnid;order_id;amount;fee;currency;status"
LINE = "2026-03-10 12:00:00;MP260310.1200.A00073;0f1;1500;15;XAF;SUCCESS"


class OrangeReader:
    def read_statement(self, file):
        return read_statement(file)


class MtnReader:
    def read_statement(self, file):
        return mtn.read_statement(file)


class MtnBlockReader(MtnReader):
    def read_blocks(self, file):
        return mtn.read_statement_blocks(file)


class ListReader:
    def __init__(self, items):
        self.items = items

    def read_statement(self, file):
        for item in self.items:
            if isinstance(item, Exception):
                raise item
            yield item


def import_bytes(data, *, account=None, reader=None):
    statement, _summary = import_statement(
        provider_account=account or ProviderAccountFactory(),
        day=DAY,
        file=BytesIO(data),
        file_name="report.csv",
        reader=reader or OrangeReader(),
        now=NOW,
        match_at_once=False,
    )
    return statement


def test_every_line_is_kept_and_its_matching_promised():
    statement = import_bytes(f"{HEADING}\n{LINE}\n".encode())

    line = statement.lines.get()
    assert (line.line_number, line.reference, line.amount, line.fee) == (2, "0f1", 1500, 15)
    assert line.match == StatementLine.Match.WAITING
    assert (statement.status, statement.lines_read) == (Statement.Status.STAGED, 1)
    message = OutboxMessage.objects.get()
    assert message.topic == "reconciliation.match_statement"
    assert message.payload == {"statement_id": str(statement.pk)}


def test_lines_read_in_blocks_are_kept_as_those_read_one_by_one():
    plain = "{ours};{theirs};1500;15;XAF;SUCCESSFUL;2026-03-10T12:00:00+01:00;REQUESTTOPAY;{note}"
    rows = [
        plain.format(ours="0F1", theirs="770123456", note="+237 677 00 00 01"),
        plain.format(ours="0f2", theirs="", note=r"a\tb\N"),
        plain.format(ours="0f3", theirs="3", note="payé").replace("1500", "1 500"),
        plain.format(ours="0f4", theirs="4", note="").replace("XAF", "francs"),
        plain.format(ours="0f5", theirs="5", note="x" * 150),
    ]
    heading = "externalId;financialTransactionId;amount;fee;currency;status;date;type;note"
    data = "\n".join([heading, *rows]).encode()

    kept = []
    for reader in (MtnReader(), MtnBlockReader()):
        statement = import_bytes(data, reader=reader)
        lines = statement.lines.order_by("line_number").values()
        kept.append([dict(line, id=None, statement_id=None) for line in lines])

    assert kept[0] == kept[1]
    assert (statement.lines_read, statement.lines_broken) == (5, 1)
    assert "677" not in kept[1][0]["raw"]


def test_numbers_are_masked_in_lines_read_in_blocks_that_have_no_other_cell():
    plain = "{ours};{theirs};{amount};{fee};XAF;SUCCESSFUL;2026-03-10T12:00:00+01:00;REQUESTTOPAY"
    heading = "externalId;financialTransactionId;amount;fee;currency;status;date;type"
    own = "0190AB5A-12f0-7b5e-8b7e-0123456789ab"
    rows = [{"ours": own, "theirs": "1", "amount": "1500", "fee": ""}]
    for odd in (
        {},
        {"theirs": "237677000001"},
        {"theirs": "77-12-34-56-78"},
        {"ours": "90112233"},
        {"ours": "(+237)677000001"},
        {"amount": "12345678"},
        {"fee": "123456789012"},
    ):
        data = "\n".join([heading, *(plain.format(**row) for row in [*rows, rows[0] | odd])])
        kept = [
            import_bytes(data.encode(), reader=reader).lines.get(line_number=3)
            for reader in (MtnReader(), MtnBlockReader())
        ]

        assert kept[0].raw == kept[1].raw
        assert ("•" in kept[1].raw) is bool(odd)


def written():
    """How often lines were put into the table of all, and changed there."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT n_tup_ins, n_tup_upd FROM pg_stat_xact_user_tables"
            " WHERE relname = 'reconciliation_statementline'"
        )
        return cursor.fetchone()


def test_lines_that_agree_are_written_once_with_their_match():
    account = ProviderAccountFactory()
    paid = [PaymentFactory(succeeded=True, created_at=NOON, account=account) for _ in range(3)]
    inserted, updated = written()

    statement, summary = stage_and_match(account, *map(line_of, paid), foreign_line())

    assert (summary.matched, statement.status) == (3, Statement.Status.MATCHED)
    # The stranger alone was changed.
    assert written() == (inserted + 4, updated + 1)
    assert set(statement.lines.values_list("match", "matched_by")) == {
        ("matched", "our_reference"),
        ("exception", ""),
    }
    assert not OutboxMessage.objects.filter(topic=MATCH_TOPIC).exists()


def test_a_report_that_comes_while_another_is_matched_waits_for_its_turn():
    account = ProviderAccountFactory()

    with another_matched(account):
        statement, summary = stage_and_match(account, foreign_line())

    assert (statement.status, summary) == (Statement.Status.STAGED, None)
    assert statement.lines.get().match == StatementLine.Match.WAITING
    message = OutboxMessage.objects.get(topic=MATCH_TOPIC)
    assert message.payload == {"statement_id": str(statement.pk)}


def test_a_report_whose_account_is_being_matched_holds_no_worker():
    busy, free = ProviderAccountFactory(), ProviderAccountFactory()
    first, second, other = (
        stage(each, foreign_line(reference=str(n))) for n, each in enumerate([busy, busy, free])
    )

    def claimed(now):
        found = PROMISED_MATCHINGS.claim(limit=10, now=now, done=[])
        return {message.payload["statement_id"] for message in found}

    with another_matched(busy):
        assert claimed(NOW) == {str(other.pk)}
    put_off = OutboxMessage.objects.exclude(payload__statement_id=str(other.pk))
    # Not its own fault, and soon again.
    assert set(put_off.values_list("tries", "leased_until")) == {(0, None)}
    soon = NOW + timedelta(seconds=1)
    assert len(claimed(soon) & {str(first.pk), str(second.pk)}) == 1
    assert put_off.filter(leased_until=None).count() == 1


@pytest.mark.parametrize("payload", [{}, {"statement_id": "no id"}, {"statement_id": None}])
def test_a_promise_that_names_no_report_hides_no_other(payload):
    OutboxMessage.objects.create(
        topic=MATCH_TOPIC, payload=payload, available_at=NOW, created_at=NOW
    )
    stage(ProviderAccountFactory(), foreign_line())

    assert len(PROMISED_MATCHINGS.claim(limit=10, now=NOW, done=[])) == 2


def test_a_report_that_cannot_be_matched_is_kept_and_its_matching_promised(monkeypatch):
    paid = PaymentFactory(succeeded=True, created_at=NOON)
    account = paid.attempts.get().provider_account

    def break_off(*_given, **_named):
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 / 0")

    monkeypatch.setattr(compare_statement, "count_lines", break_off)

    statement, summary = stage_and_match(account, line_of(paid), foreign_line())

    assert (statement.status, summary) == (Statement.Status.STAGED, None)
    assert {line.match for line in statement.lines.all()} == {StatementLine.Match.WAITING}
    assert OutboxMessage.objects.filter(topic=MATCH_TOPIC).count() == 1
    assert not Discrepancy.objects.exists()


def test_same_file_twice_is_one_statement():
    account = ProviderAccountFactory()
    first = stage(account, foreign_line())

    second = stage(account, foreign_line(), now=NOW + timedelta(days=1))

    assert second == first
    assert Statement.objects.count() == StatementLine.objects.count() == 1
    assert OutboxMessage.objects.count() == 1


def test_same_file_of_another_account_is_another_statement():
    assert stage(ProviderAccountFactory(), foreign_line()) != stage(
        ProviderAccountFactory(), foreign_line()
    )


def test_unreadable_line_is_kept_with_its_number_and_reason():
    statement = import_bytes(f"{HEADING}\n{LINE}\nrubbish\x00\n".encode())

    line = statement.lines.get(line_number=3)
    assert line.problem == "a zero byte"
    assert line.raw == "rubbish\ufffd"
    assert (statement.lines_read, statement.lines_broken) == (2, 1)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "empty"),
        (b" \r\n\r\n", "empty"),
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3", "missing from the heading: order_id"),
        (f"{HEADING}\n{LINE.replace('1500', '1.500')}\n".encode(), "thousands or decimals"),
    ],
    ids=["empty", "blank", "pdf", "two readings"],
)
def test_file_that_is_no_statement_is_refused_and_leaves_nothing(data, why):
    with translation.override("en"), pytest.raises(UnreadableStatement) as refusal:
        import_bytes(data)

    assert refusal.value.code == "unreadable_statement"
    assert why in refusal.value.detail
    assert not Statement.objects.exists()
    assert not StatementLine.objects.exists()
    assert not OutboxMessage.objects.exists()


@pytest.mark.parametrize("error", [ProviderMisbehaved("no zip"), ValueError("not a date")])
def test_reader_that_gives_up_in_the_middle_leaves_nothing(error):
    problem = StatementProblem(1, "odd", "odd")

    with pytest.raises(UnreadableStatement, match=str(error)):
        import_bytes(b"x", reader=ListReader([problem, error]))

    assert not StatementLine.objects.exists()


def test_refused_file_may_come_again():
    account = ProviderAccountFactory()
    data = f"{HEADING}\n{LINE}\n".encode()
    with pytest.raises(UnreadableStatement):
        import_bytes(data, account=account, reader=ListReader([StatementProblem(1, "odd", "")]))

    assert import_bytes(data, account=account).lines_read == 1


def test_day_without_movements_is_a_statement():
    assert import_bytes(f"{HEADING}\n".encode()).lines_read == 0


@pytest.mark.parametrize(
    "changes",
    [
        {"reference": "x" * 65},
        {"provider_reference": "a\x00b"},
        {"reference": "\udc80"},
        {"amount": 2**63},
        # What is summed and compared overflows no column.
        {"amount": -STATED_AMOUNT_MAX - 1},
        {"fee": STATED_AMOUNT_MAX + 1},
        # No zone can say these.
        {"occurred_at": "9999-12-31T23:59:59+00:00"},
        {"occurred_at": "0001-01-01T00:00:00+00:00"},
        {"currency": "F CFA"},
        {"outcome": "pending"},
    ],
)
def test_record_no_row_can_hold_is_an_unreadable_line(changes):
    statement = stage(ProviderAccountFactory(), foreign_line(), foreign_line(**changes))

    assert statement.lines_broken == 1
    assert statement.lines.get(line_number=2).problem


@pytest.mark.parametrize("hours", [23.5, -16, 1 / 120], ids=str)
def test_a_zone_that_no_country_has_costs_no_file(hours):
    at = NOON.astimezone(timezone(timedelta(hours=hours)))

    statement = stage(ProviderAccountFactory(), foreign_line(occurred_at=at.isoformat()))

    assert statement.lines_broken == 0
    assert statement.lines.get().occurred_at == NOON


def test_the_largest_amounts_and_the_oddest_days_are_matched():
    account = ProviderAccountFactory(cost=10_000)
    ours, twice = (
        PaymentFactory(succeeded=True, created_at=NOON, account=account) for _ in range(2)
    )
    most = STATED_AMOUNT_MAX

    _statement, summary = stage_and_match(
        account,
        line_of(ours, amount=-most, fee=most),
        line_of(twice, fee=-most),
        line_of(twice, amount=most, fee=-most, provider_reference="again"),
        foreign_line(amount=most, fee=most, settlement_reference="S"),
        foreign_line(amount=most, provider_reference="x", settlement_reference="S"),
        foreign_line(provider_reference="y", occurred_at="9998-12-31T23:59:59+00:00"),
        foreign_line(provider_reference="z", occurred_at="0002-01-01T00:00:00+00:00"),
    )

    assert summary is not None
    for row in Discrepancy.objects.filter(line__isnull=False).select_related("line"):
        assert suggested_attempts(row.line) is not None
        assert show_time(row.line.occurred_at, "Africa/Douala") != ""


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("237677000001", "+237 •••••••01"),
        ("+237 677 00 00 01", "+237 •••••••01"),
        ("70000001", "+7 •••••01"),
        ("A00073", "A00073"),
        ("1500", "1500"),
    ],
)
def test_phone_numbers_are_masked(written, kept):
    statement = import_bytes(f"{HEADING}\n{LINE}\n{LINE};{written}\n".encode())

    assert statement.lines.get(line_number=3).raw.split(";")[-1] == kept


class AnyBytes(TestCase):
    @settings(max_examples=examples(30))
    @given(st.lists(st.binary(max_size=60), max_size=6))
    def test_any_bytes_are_read_or_refused(self, lines):
        data = b"\n".join([HEADING.encode(), LINE.encode(), *lines])

        statement = import_bytes(data)

        assert statement.lines_read == statement.lines.count()
