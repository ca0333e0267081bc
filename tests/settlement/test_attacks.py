"""What somebody within, or in a hurry, might try with the money of settlements."""

import pytest
from lxml import etree

from apps.merchants.models import Merchant
from apps.settlement.models import BankFile, Settlement
from apps.settlement.rules.payee import Payee
from apps.settlement.rules.refusals import BankFileOutdated
from apps.settlement.selectors.terms_in_force import terms_in_force
from apps.settlement.services.build_bank_file import build_bank_file
from apps.settlement.services.download_bank_file import download_bank_file
from tests.settlement.conftest import BANK, MAKER, OURS, agree, approve, give

pytestmark = pytest.mark.django_db(transaction=True)

THIEF = Payee(phone="+237677000004")


def in_force(merchant, clock, **changes):
    found = {"livemode": False, "currency": "XAF", "now": clock.now, **changes}
    return terms_in_force(merchant_id=merchant.pk, **found)


def test_a_change_of_payee_that_its_owner_objects_to_never_holds(clock, merchant, terms, close):
    agree(merchant, now=clock.advance(minutes=1), payee=THIEF)

    objection = agree(merchant, now=clock.advance(hours=47))

    assert objection.valid_from == clock.now
    clock.advance(hours=72)
    assert in_force(merchant, clock) == objection
    assert close(merchant).payee_masked == terms.payee_masked


def test_a_payee_that_cools_is_not_hurried_by_terms_that_come_after_it(clock, merchant, terms):
    other = agree(merchant, now=clock.advance(minutes=1), payee=THIEF)
    again = agree(merchant, now=clock.advance(hours=1), payee=THIEF, hour=9)
    third = agree(merchant, now=clock.advance(hours=1), payee=BANK, paid_by="bank_file")

    assert again.valid_from == other.valid_from
    assert (third.valid_from - clock.now).total_seconds() == 48 * 3600
    clock.advance(hours=45)
    assert in_force(merchant, clock) == terms
    clock.advance(hours=1)
    assert in_force(merchant, clock) == again


@pytest.mark.parametrize("step", ["draft", "approved", "downloaded"])
@pytest.mark.parametrize("how", ["disabled", "another payee"])
def test_a_file_that_pays_whom_it_should_no_longer_goes_no_further(
    filed, clock, merchant, step, how
):
    fetch = {"file_id": filed.pk, "actor": MAKER}
    if step != "draft":
        approve(filed, clock)
    if step == "downloaded":
        download_bank_file(**fetch, now=clock.now)
    if how == "disabled":
        Merchant.objects.filter(pk=merchant.pk).update(is_active=False)
    else:
        agree(merchant, now=clock.now, paid_by="payout", payee=THIEF)
        clock.advance(hours=48)

    with pytest.raises(BankFileOutdated, match=merchant.name):
        approve(filed, clock) if step == "draft" else download_bank_file(**fetch, now=clock.now)

    assert BankFile.objects.get().status == step
    assert Settlement.objects.get().status == "filed"


@pytest.mark.parametrize("livemode", [False, True])
def test_no_bank_pays_a_file_of_test_mode(clock, merchant, account, close, settings, livemode):
    settings.SETTLEMENT_ACCOUNTS = OURS
    agree(merchant, now=clock.now, livemode=livemode, paid_by="bank_file", payee=BANK)
    give(merchant, account, 500, livemode=livemode)
    close(merchant, livemode=livemode)
    file = build_bank_file(livemode=livemode, currency="XAF", created_by=MAKER, now=clock.now)
    approve(file, clock)

    content = download_bank_file(file_id=file.pk, actor=MAKER, now=clock.now)

    debtor = etree.fromstring(content).find(".//{*}DbtrAcct/{*}Id")
    ours = OURS["XAF"]["account"]
    assert debtor.findtext("{*}IBAN") == (ours if livemode else None)
    assert debtor.findtext("{*}Othr/{*}Id") == (None if livemode else "TEST0000")
