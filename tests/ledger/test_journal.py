"""The journal of a month: what the accountant books is what the ledger booked."""

from __future__ import annotations

import csv
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from io import BytesIO, StringIO

import openpyxl
import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ImproperlyConfigured
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import translation
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.core.public_ids import new_id, new_id_at
from apps.ledger.models import Account, AccountKind, Transfer, TransferKind
from apps.ledger.rules.chart_of_accounts import chart_of_accounts
from apps.ledger.rules.postings import POSTINGS
from apps.ledger.selectors.read_journal import read_journal
from apps.ledger.services.build_journal import build_journal
from tests.query_plans import plan_of, rows_of
from tests.tries import examples

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)


def accounts(currency="XAF", *, livemode=True):
    return {
        kind: Account.objects.create(
            kind=kind, owner_id=new_id(), currency=currency, livemode=livemode
        )
        for kind in AccountKind
    }


def book(of, kind, amount, at=NOON):
    posting = POSTINGS[kind]
    return Transfer.objects.create(
        id=new_id_at(at),
        from_account=of[posting.from_kind],
        to_account=of[posting.to_kind],
        amount=amount,
        currency=of[posting.from_kind].currency,
        kind=kind,
        source_id=new_id(),
        created_at=at,
    )


def read(first=date(2026, 3, 1), last=date(2026, 3, 31), **more):
    asked = {"zone": "Africa/Abidjan", "currency": "XAF", "livemode": True, **more}
    return list(read_journal(first_day=first, last_day=last, **asked))


def test_a_payment_is_debited_to_the_rail_and_its_fee_to_the_merchant():
    of = accounts()
    book(of, TransferKind.GROSS, 10_000)
    book(of, TransferKind.GROSS, 5_000)
    book(of, TransferKind.FEE, 300)
    book(of, TransferKind.FEE_TAX, 58)

    assert [(one.account, one.kind.value, one.debit, one.credit, one.count) for one in read()] == [
        ("4712", "fee", 300, 0, 1),
        ("706", "fee", 0, 300, 1),
        ("4712", "fee_tax", 58, 0, 1),
        ("4432", "fee_tax", 0, 58, 1),
        ("552", "gross", 15_000, 0, 2),
        ("4712", "gross", 0, 15_000, 2),
    ]


def test_what_stays_with_the_same_third_party_is_no_entry():
    of = accounts()
    book(of, TransferKind.PAYOUT_HELD, 700)
    book(of, TransferKind.PAYOUT_SENT, 700)

    assert [(one.account, one.debit, one.credit) for one in read()] == [
        ("4712", 700, 0),
        ("552", 0, 700),
    ]


def test_a_day_is_one_of_the_accountants_zone():
    of = accounts()
    book(of, TransferKind.GROSS, 1, at=datetime(2026, 3, 31, 23, 30, tzinfo=UTC))

    assert {one.day for one in read()} == {date(2026, 3, 31)}
    assert read(zone="Africa/Douala") == []
    april = {"first": date(2026, 4, 1), "last": date(2026, 4, 30)}
    assert {one.day for one in read(**april, zone="Africa/Douala")} == {date(2026, 4, 1)}


def test_other_currencies_and_the_other_mode_are_journals_of_their_own():
    for of in (accounts("XOF"), accounts(livemode=False)):
        book(of, TransferKind.GROSS, 9)

    assert read() == []
    assert [one.debit for one in read(currency="XOF")] == [9, 0]
    assert [one.debit for one in read(livemode=False)] == [9, 0]


def test_every_kind_of_account_has_a_number_and_an_operator_may_have_others(settings):
    assert set(chart_of_accounts()) == set(AccountKind)
    settings.JOURNAL_ACCOUNTS = {"fee_revenue": "7061"}
    chart_of_accounts.cache_clear()
    try:
        assert chart_of_accounts()[AccountKind.FEE_REVENUE] == "7061"
        for wrong in ({"fees": "706"}, {"bank": "52x"}, {"bank": "9"}, {"bank": "²"}):
            settings.JOURNAL_ACCOUNTS = wrong
            chart_of_accounts.cache_clear()
            with pytest.raises(ImproperlyConfigured):
                chart_of_accounts()
    finally:
        settings.JOURNAL_ACCOUNTS = {}
        chart_of_accounts.cache_clear()


BOOKED = st.lists(
    st.tuples(
        st.sampled_from(sorted(POSTINGS)), st.integers(1, 10**12), st.integers(0, 30 * 86_400)
    ),
    max_size=12,
)


@given(BOOKED)
@settings(max_examples=examples(10))
def test_debits_are_credits_and_each_account_moves_as_in_the_ledger(booked):
    with transaction.atomic():
        moved, lines = _book_all(booked), read()
        transaction.set_rollback(True)

    by_piece: Counter[tuple[date, str]] = Counter()
    by_account: Counter[str] = Counter()
    for line in lines:
        assert (line.debit == 0) != (line.credit == 0)
        by_piece[line.day, line.kind] += line.debit - line.credit
        by_account[line.account] += line.debit - line.credit
    assert not any(by_piece.values())
    assert {each: sum_ for each, sum_ in by_account.items() if sum_} == moved


def _book_all(booked):
    """What each account of the chart gave less what it received, where that is not nought."""
    of, chart = accounts(), chart_of_accounts()
    moved: Counter[str] = Counter()
    for kind, amount, second in booked:
        at = datetime(2026, 3, 1, tzinfo=UTC) + timedelta(seconds=second)
        book(of, TransferKind(kind), amount, at=at)
        posting = POSTINGS[TransferKind(kind)]
        moved[chart[posting.from_kind]] += amount
        moved[chart[posting.to_kind]] -= amount
    return {each: sum_ for each, sum_ in moved.items() if sum_}


def test_the_file_is_the_same_as_csv_and_as_xlsx():
    of = accounts("EUR")
    book(of, TransferKind.GROSS, 1_050)
    asked = {"month": date(2026, 3, 15), "currency": "EUR", "livemode": True}
    with translation.override("en"):
        text = build_journal(**asked, kind="csv")
        book_ = openpyxl.load_workbook(BytesIO(build_journal(**asked, kind="xlsx").content))

    rows = list(csv.reader(StringIO(text.content.decode("utf-8-sig"))))
    assert text.name == "journal_2026-03_EUR.csv"
    assert rows[1:] == [
        ["2026-03-10", "OD", "20260310-gross", account, "gross", debit, credit, "EUR", "1"]
        for account, debit, credit in (("552", "10.50", "0.00"), ("4712", "0.00", "10.50"))
    ]
    cells = list(book_.active.iter_rows(min_row=2))
    assert [[row[5].value, row[6].value] for row in cells] == [[10.5, 0], [0, 10.5]]
    assert {cell.number_format for row in cells for cell in row[5:7]} == {"#,##0.00"}
    # The rest is the same, text or number.
    for of_csv, of_sheet in zip(rows[1:], cells, strict=True):
        assert of_csv[:5] + of_csv[7:] == [str(c.value) for c in (*of_sheet[:5], *of_sheet[7:])]


def test_a_month_costs_what_it_has_however_long_the_ledger_is(new_tables):
    of = accounts()
    for month in range(1, 13):
        for _transfer in range(40):
            book(of, TransferKind.GROSS, 1, at=NOON.replace(month=month))
    with CaptureQueriesContext(connection) as captured:
        read()
    (query,) = [one["sql"] for one in captured if "ledger_transfer" in one["sql"]]

    assert rows_of(plan_of(query), "ledger_transfer") <= 40


def test_finance_fetches_it_and_it_is_on_record(admin_client):
    book(accounts(), TransferKind.GROSS, 10)
    url = reverse("staff-journal")
    said = {"month": "2026-03", "currency": "XAF", "mode": "live", "format": "csv"}

    assert admin_client.get(url).status_code == 200
    answer = admin_client.post(url, said)

    assert answer["Content-Disposition"] == 'attachment; filename="journal_2026-03_XAF.csv"'
    assert answer.content.decode("utf-8-sig").count("\n") == 3
    for month in ("2026-3", "2026-13", "March", "0000-01", "２０２６-01"):
        refused = admin_client.post(url, said | {"month": month})
        assert refused["Content-Type"].startswith("text/html")


def test_nobody_fetches_it_without_the_right(client):
    client.force_login(User.objects.create_user("awa", is_staff=True))

    assert client.get(reverse("staff-journal")).status_code == 403
