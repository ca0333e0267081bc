"""Terms that change while a period is being closed: it is closed by the ones or the others."""

import sys
import threading
import time

import pytest
from django.db import connection

from apps.settlement.models import Settlement, SettlementCycle, SettlementTerms
from apps.settlement.rules.next_close import next_close
from apps.settlement.rules.refusals import SettlementTermsChanged
from apps.settlement.rules.terms_digest import terms_digest
from apps.settlement.services.activate_terms import activate_terms
from apps.settlement.services.close_period import close_period
from apps.settlement.services.draft_terms import TermsOrder, draft_terms
from tests.settlement.conftest import BANK, CHECKER, MAKER, WALLET, agree, broken_books

closing = sys.modules[close_period.__module__]

pytestmark = pytest.mark.django_db(transaction=True)

IS_WAITING = "SELECT count(*) FROM pg_locks WHERE NOT granted"


def wait_until_somebody_waits():
    """At most two seconds: whoever waits for nothing has done it by then."""
    for _ in range(100):
        with connection.cursor() as cursor:
            cursor.execute(IS_WAITING)
            if cursor.fetchone()[0]:
                return
        time.sleep(0.02)


def test_other_terms_during_a_closing_wait_for_it_and_hold_from_the_next(
    clock, merchant, terms, close, monkeypatch
):
    said = []

    def change():
        try:
            said.append(agree(merchant, now=clock.now, hour=9, amount_min=20_000))
        finally:
            connection.close()

    changing = threading.Thread(target=change)

    def here(name):
        if name == "settlement.close.before_write":
            changing.start()
            wait_until_somebody_waits()

    with monkeypatch.context() as patched:
        patched.setattr(closing, "failpoint", here)
        settlement = close(merchant)

    changing.join(timeout=10)
    (other,) = said
    assert (settlement.terms, settlement.amount) == (terms, 10_000)
    cycle = SettlementCycle.objects.get()
    # Its own hour, in the merchant's zone.
    assert cycle.due_at == next_close(other, zone=merchant.timezone, now=clock.now)
    assert cycle.horizon == settlement.horizon_to
    assert broken_books() == []


def test_a_closing_after_other_terms_is_by_those_alone(clock, merchant, terms, close):
    other = agree(merchant, now=clock.now, amount_min=10_001)

    settlement = close(merchant)

    assert (settlement.terms, settlement.status) == (other, "carried_over")


def test_another_way_of_payment_during_a_closing_does_not_pay_the_new_payee(
    clock, merchant, terms, close, pay, monkeypatch
):
    """Whatever is approved between the reading of the terms and the end of the closing."""
    read = closing.terms_in_force

    def read_and_change(**which):
        found = read(**which)
        agree(merchant, now=clock.now, paid_by="bank_file", payee=BANK)
        return found

    with monkeypatch.context() as patched:
        patched.setattr(closing, "terms_in_force", read_and_change)
        settlement = close(merchant)
    clock.advance(hours=49)

    held = pay(settlement)

    assert (held.status, held.reason_code) == ("on_hold", "payee_changed")
    assert Settlement.objects.get().payee_masked == terms.payee_masked


@pytest.mark.parametrize(
    "changed",
    [
        {"payee_index": b"another's"},
        {"payee_masked": "another's"},
        {"amount_min": 2},
        {"hour": 7},
        {"currency": "XOF"},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_terms_that_two_people_did_not_see_never_hold(clock, merchant, changed):
    order = TermsOrder(
        currency="XAF", cadence="daily", hour=6, amount_min=1, paid_by="payout", payee=WALLET
    )
    draft = draft_terms(
        merchant=merchant, livemode=False, order=order, created_by=MAKER, now=clock.now
    )
    seen = {"terms_id": str(draft.pk), "digest": terms_digest(draft)}
    people = {"requested_by": MAKER, "approved_by": CHECKER, "reason": "agreed"}

    with pytest.raises(SettlementTermsChanged):
        activate_terms(seen, **people | {"approved_by": MAKER}, now=clock.now)
    SettlementTerms.objects.update(**changed)
    with pytest.raises(SettlementTermsChanged):
        activate_terms(seen, **people, now=clock.now)

    assert SettlementTerms.objects.get().number is None
    assert not SettlementCycle.objects.exists()
