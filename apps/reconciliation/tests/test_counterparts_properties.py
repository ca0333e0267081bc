"""Transfers between our own accounts, whatever the lines say and in whatever order reports come."""

from collections import Counter

from django.contrib.auth.models import User
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from apps.reconciliation.models import OwnTransferRule, StatementLine
from tests.factories import ProviderAccountFactory
from tests.tries import examples

from .reports import DAY, foreign_line, stage_and_match
from .test_counterparts import OWN_TRANSFER, work
from .test_own_rules import OWN_RULE, give_rule
from .test_passes import give_plan

# By a rule money leaves the first of each and comes into the second.
RULES = [[0, 1], [1, 2], [2, 0]]
NAMES = ["", "T-1", "T-2"]
# Which account's report has it, its two references, its amount and its side.
LINES = st.lists(
    st.tuples(
        st.integers(0, 2),
        st.sampled_from(NAMES),
        st.sampled_from(NAMES),
        st.sampled_from([100, 200]),
        st.sampled_from([1, -1]),
    ),
    min_size=2,
    max_size=7,
)


def written(number, ours, theirs, amount, side):
    # By its fee, no line is another's copy.
    return foreign_line(
        reference=ours, provider_reference=theirs, amount=side * amount, fee=number, note="swept"
    )


def names_of(line):
    return {line.reference, line.provider_reference} - {""}


def ends(accounts):
    """Each line that counts, by what it says, with what the line it was taken for says."""
    lines = StatementLine.objects.filter(statement__provider_account__in=accounts).select_related(
        "statement"
    )
    by_id = {line.pk: line for line in lines}
    order = {account.pk: place for place, account in enumerate(accounts)}

    def name(line):
        return (order[line.statement.provider_account_id], line.raw)

    found = Counter()
    for line in by_id.values():
        other = by_id.get(line.settlement_line_id)
        found[(name(line), line.match, line.matched_by, other and name(other))] += 1
        if line.matched_by in ("own_transfer", "own_rule"):
            assert (other.settlement_line_id, other.matched_by) == (line.pk, line.matched_by)
            assert other.statement.provider_account_id != line.statement.provider_account_id
            assert other.amount == -line.amount
        if line.matched_by == "own_transfer":
            assert names_of(line) & names_of(other)
        if line.matched_by == "own_rule":
            places = [order[one.statement.provider_account_id] for one in (line, other)]
            assert (places if line.amount < 0 else places[::-1]) in RULES
    return found


class AnyTransfers(TestCase):
    @settings(max_examples=examples(3))
    @given(lines=LINES, order=st.permutations(range(3)))
    def test_no_line_is_two_transfers_and_accounts_may_come_in_any_order(self, lines, order):
        reports = {}
        for number, (place, *cells) in enumerate(lines):
            reports.setdefault(place, []).append(written(number, *cells))
        came = []
        owner = User.objects.create_user("awa", is_staff=True)
        for places in (range(3), order):
            accounts = [ProviderAccountFactory() for _ in range(3)]
            for account in accounts:
                give_plan(account, OWN_TRANSFER, OWN_RULE)
            for leaves, comes in RULES:
                name = f"{leaves} {comes}"
                pair = accounts[leaves], accounts[comes]
                give_rule(*pair, owner, name=name, from_text="swept", starts_on=DAY)
            for place in places:
                if place in reports:
                    stage_and_match(accounts[place], *reports[place])
            work()
            came.append(ends(accounts))
            # The next time they are nobody's.
            StatementLine.objects.update(reference="", provider_reference="")
            OwnTransferRule.objects.update(ends_on=DAY)

        assert came[0] == came[1]
