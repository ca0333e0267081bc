"""What a bank file refuses has its reason on its row and page, and an owner."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.urls import reverse

from apps.settlement.models import BankFile, Settlement, SettlementTerms
from apps.settlement.rules.refusals import BankFileEmpty
from apps.settlement.services.build_bank_file import build_bank_file
from apps.settlement.services.decide_settlement import Decision, decide_settlement
from tests.factories import MerchantFactory
from tests.monitoring.test_planted import find
from tests.settlement.conftest import BANK, MAKER, OURS, agree, broken_books, give
from tests.settlement.test_admin import NEW_FILE

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def waits(clock, merchant, account, close, settings):
    """Settlements of two merchants that wait for the bank."""
    settings.SETTLEMENT_ACCOUNTS = OURS
    other = MerchantFactory()
    give(other, account, 400)
    for one in (merchant, other):
        agree(one, now=clock.now, paid_by="bank_file", payee=BANK)
        close(one)
    return merchant, other


def build(clock):
    return build_bank_file(livemode=False, currency="XAF", created_by=MAKER, now=clock.now)


def statuses():
    return dict(Settlement.objects.values_list("merchant__is_active", "status"))


def test_what_cannot_be_paid_is_on_hold_with_its_reason_and_the_rest_is_filed(waits, clock):
    type(waits[0]).objects.filter(pk=waits[0].pk).update(is_active=False)

    file = build(clock)

    assert statuses() == {False: "on_hold", True: "filed"}
    assert (file.count, file.amount) == (1, 400)
    assert broken_books() == []


def test_who_was_the_payee_at_the_closing_is_in_no_file_once_another_is(waits, clock):
    other = replace(BANK, account="CM9110003001000500000605404")
    agree(waits[0], now=clock.now, paid_by="bank_file", payee=other)
    clock.advance(hours=49)

    file = build(clock)

    held = Settlement.objects.get(merchant=waits[0])
    assert (held.status, held.reason_code) == ("on_hold", "payee_changed")
    assert (file.count, file.amount) == (1, 400)


def test_where_all_are_refused_each_has_its_reason_on_its_row_and_page_and_an_owner(
    waits,
    clock,
    maker,
):
    type(waits[0]).objects.filter(pk=waits[0].pk).update(is_active=False)
    SettlementTerms.objects.filter(merchant=waits[1]).update(payee_encrypted=b"\x01unreadable")

    said = maker.post(NEW_FILE, {"livemode": "test", "currency": "XAF"}, follow=True)

    assert BankFile.objects.count() == 0
    held = dict(Settlement.objects.filter(status="on_hold").values_list("reason_code", "pk"))
    assert set(held) == {"merchant_disabled", "payee_unreadable"}
    assert "bloqué maintenant" in said.content.decode()
    rows = maker.get(reverse("admin:settlement_settlement_changelist")).content.decode()
    page = reverse("admin:settlement_settlement_change", args=[held["merchant_disabled"]])
    for html in (rows, maker.get(page).content.decode()):
        assert "Le marchand est désactivé." in html
    (finding,) = find("settlement_on_hold", clock.now + timedelta(hours=1), includes_test=1.0)
    assert finding.facts["count"] == 2
    with pytest.raises(BankFileEmpty):
        build(clock)
    assert broken_books() == []


def test_what_staff_hold_back_has_an_owner_who_is_reminded_after_a_week(waits, clock):
    for one in Settlement.objects.all():
        decide_settlement(
            settlement_id=one.pk, decision=Decision.HOLD, reason="A doubt.", actor=MAKER,
            now=clock.now,
        )  # fmt: skip

    assert find("settlement_on_hold", clock.now + timedelta(days=6), includes_test=1.0) == []
    assert find("settlement_on_hold", clock.now + timedelta(days=7), includes_test=1.0)
    assert find("settlement_on_hold", clock.now + timedelta(days=7)) == []
