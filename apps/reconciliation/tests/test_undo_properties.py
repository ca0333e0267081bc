"""Whatever is decided of whatever, undone backwards it is as it was before."""

from datetime import timedelta

from django.contrib.auth.models import User
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from apps.core.errors import DomainError
from apps.reconciliation.models import Discrepancy, DiscrepancyEvent, HandMatch
from apps.reconciliation.services.expect_later import expect_later
from apps.reconciliation.services.match_by_hand import match_by_hand
from apps.reconciliation.services.match_statement import match_statement
from apps.reconciliation.services.resolve_discrepancy import resolve_discrepancy
from apps.reconciliation.services.take_discrepancy import take_discrepancy
from apps.reconciliation.services.undo_decision import undo_decision
from tests.factories import PaymentFactory, ProviderAccountFactory
from tests.tries import examples

from .reports import NOON, NOW, foreign_line, stage_and_match
from .test_desk_decisions import matching, snapshot

ACTS = ("resolve", "expect", "take", "match", "split", "again")


class AnyDecisions(TestCase):
    @settings(max_examples=examples(3))
    @given(
        st.lists(
            st.tuples(st.sampled_from(ACTS), st.integers(0, 3), st.integers(0, 1)),
            min_size=1,
            max_size=6,
        )
    )
    @example([("expect", 2, 0), ("expect", 2, 0)])
    def test_undone_backwards_everything_is_as_it_was_before(self, decisions):
        account = ProviderAccountFactory()
        one, other = (
            PaymentFactory(succeeded=True, account=account, created_at=NOON, amount=a, fee=0)
            for a in (300, 400)
        )
        statement, _ = stage_and_match(
            account, foreign_line(amount=300), foreign_line(provider_reference="TX-2", amount=700)
        )
        rows = list(Discrepancy.objects.order_by("id").values_list("pk", flat=True))
        lines = [Discrepancy.objects.get(their_amount=amount).pk for amount in (300, 700)]
        people = [User.objects.get_or_create(username=name)[0] for name in ("awa", "binta")]
        done = []
        for number, (act, which, who) in enumerate(decisions):
            before = snapshot()
            now, person = NOW + timedelta(minutes=number), people[who]
            values = {"discrepancy_id": rows[which], "now": now}
            try:
                if act == "resolve":
                    resolve_discrepancy(reason="Seen.", resolved_by=person, **values)
                elif act == "expect":
                    until = (NOW + timedelta(days=1 + which)).date()
                    expect_later(until=until, reason="Later.", decided_by=person, **values)
                elif act == "take":
                    take_discrepancy(taken_by=person, **values)
                elif act == "again":
                    match_statement(statement_id=statement.pk, now=now)
                else:
                    is_split = act == "split"
                    row = Discrepancy.objects.get(pk=lines[is_split])
                    match_by_hand(
                        matching(row, *((one, other) if is_split else (one,))),
                        requested_by=f"user:{person.pk}",
                        approved_by=f"user:{people[1 - who].pk}",
                        reason="Same.",
                        now=now,
                    )
            except DomainError:
                assert snapshot() == before
                continue
            if act == "again":
                # What stands is not shaken by comparing once more.
                assert snapshot() == before
            elif snapshot() != before:
                last = DiscrepancyEvent.objects.order_by("-created_at", "-id").first()
                done.append((before, last.decision_id))
        for before, decision_id in reversed(done):
            undo_decision(decision_id=decision_id, undone_by=people[0], now=NOW)
            assert snapshot() == before
        assert not HandMatch.objects.filter(undone_at=None).exists()
