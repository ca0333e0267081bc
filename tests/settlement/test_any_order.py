"""Whatever comes between two closings, in whatever order it commits."""

from contextlib import suppress

import pytest
from django.db import connection
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.core.public_ids import new_id
from apps.ledger.models import AccountKind, Transfer
from apps.settlement.models import Settlement, SettlementCycle, SettlementLine
from apps.settlement.services.close_period import PeriodNotOver, close_period
from tests.ledger.horizon import wait_for_older_transactions
from tests.settlement.conftest import agree, balance, give

pytestmark = pytest.mark.django_db(transaction=True)

# A payment, a refund or payout, a dispute, its end; one that commits late; a closing.
STEPS = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(["gross", "payout_sent", "open"]), st.integers(1, 10**15)),
        st.sampled_from([("close", 0), ("commit", 0)]),
    ),
    min_size=3,
    max_size=9,
)
BOOK = """
INSERT INTO ledger_transfer (id, from_account_id, to_account_id, amount, currency, kind, source_id,
                             created_at)
VALUES (%s, %s, %s, %s, 'XAF', %s, %s, now())
"""


@settings(
    max_examples=12,
)
@given(steps=STEPS)
def test_whatever_happens_each_transfer_is_on_one_statement(clock, merchant, account, steps):
    if not SettlementCycle.objects.exists():
        agree(merchant, now=clock.now)
        give(merchant, account, 1)
    gross = Transfer.objects.filter(kind="gross").first()
    payable, clearing = gross.to_account_id, gross.from_account_id
    other, is_open = connection.copy(), False

    def book(on, kind, amount):
        way = (payable, clearing) if kind == "payout_sent" else (clearing, payable)
        on.execute(BOOK, [new_id(), *way, amount, "gross" if kind == "open" else kind, new_id()])

    def close():
        clock.advance(hours=1)
        cycle = SettlementCycle.objects.get()
        # A transaction of another test may be open for long.
        with suppress(PeriodNotOver):
            close_period(cycle_id=cycle.pk, now=clock.now)

    with connection.cursor() as ours, other.cursor() as late:
        for what, amount in steps:
            if what == "close":
                close()
            elif what == "open":
                if not is_open:
                    late.execute("BEGIN")
                is_open = True
                book(late, what, amount)
            elif what == "commit":
                if is_open:
                    late.execute("COMMIT")
                is_open = False
            else:
                book(ours, what, amount)
        if is_open:
            late.execute("COMMIT")
    other.close()
    wait_for_older_transactions()
    close()
    wait_for_older_transactions()
    close()

    moved = Transfer.objects.filter(from_account__kind=AccountKind.MERCHANT_PAYABLE)
    came = Transfer.objects.filter(to_account__kind=AccountKind.MERCHANT_PAYABLE)
    lines = dict(SettlementLine.objects.values_list("pk", "amount"))
    wanted = {one.pk: -one.amount for one in moved} | {one.pk: one.amount for one in came}
    # What the last closing itself held is on the next one.
    last = Settlement.objects.order_by("-number").first()
    assert lines == {
        pk: amount
        for pk, amount in wanted.items()
        if pk in lines or not moved.filter(pk=pk, source_id=last.pk).exists()
    }
    statements = list(Settlement.objects.order_by("number"))
    before = 0
    for number, one in enumerate(statements, start=1):
        assert (one.number, one.opening_balance) == (number, before)
        assert one.opening_balance + sum(x.amount for x in one.lines.all()) == one.closing_balance
        before = one.closing_balance
    held = sum(one.amount for one in statements)
    collected = sum(one.amount for one in came.filter(kind="gross"))
    assert held <= collected
    assert balance(merchant) == sum(wanted.values())
