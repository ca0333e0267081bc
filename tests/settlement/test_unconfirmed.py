"""What goes by our bank stands still at no step without somebody being told."""

import pytest

from apps.settlement.models import BankFileStatus, Settlement
from apps.settlement.services.build_bank_file import build_bank_file
from apps.settlement.services.decide_settlement import Decision, decide_settlement
from apps.settlement.services.download_bank_file import download_bank_file
from apps.settlement.services.move_bank_file import move_bank_file
from tests.monitoring.test_planted import find
from tests.settlement.conftest import BANK, CHECKER, MAKER, OURS, agree, approve

pytestmark = pytest.mark.django_db(transaction=True)

STEPS = ("waiting", "filed", "sent")


def found(clock):
    """The step at which something stands still; the rest has nothing."""
    findings = find("bank_transfer_unconfirmed", clock.now, includes_test=1.0)
    assert find("bank_transfer_unconfirmed", clock.now) == []
    return [step for one in findings for step in STEPS if one.facts[step]]


def test_at_each_step_to_the_bank_and_back_what_stands_still_is_found(
    clock, merchant, close, settings
):
    settings.SETTLEMENT_ACCOUNTS = OURS
    agree(merchant, now=clock.now, paid_by="bank_file", payee=BANK)
    settlement = close(merchant)
    clock.advance(hours=47)
    assert found(clock) == []
    clock.advance(hours=1)
    assert found(clock) == ["waiting"]

    file = build_bank_file(livemode=False, currency="XAF", created_by=MAKER, now=clock.now)
    assert found(clock) == []
    approve(file, clock)
    clock.advance(days=2)
    assert found(clock) == ["filed"]

    usual = {"file_id": file.pk, "actor": MAKER}
    download_bank_file(**usual, now=clock.now)
    assert found(clock) == ["filed"]
    move_bank_file(**usual, to=BankFileStatus.SENT, reason="handed in", now=clock.now)
    assert found(clock) == []
    clock.advance(days=4)
    assert found(clock) == ["sent"]

    decide_settlement(
        settlement_id=settlement.pk, decision=Decision.CONFIRM_PAID, reason="seen", actor=CHECKER,
        now=clock.now,
    )  # fmt: skip
    assert found(clock) == []
    assert Settlement.objects.get().status == "paid"
