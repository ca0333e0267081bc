"""Whoever owns the account learns of another payee in time to object."""

import pytest
from django.core import mail
from django.utils import timezone

from apps.core.work.worker_loop import run_worker_loop
from apps.merchants.tests.test_email import member
from tests.factories import MerchantFactory
from tests.settlement.conftest import BANK, agree

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize(("language", "word"), [("fr", "bénéficiaire"), ("en", "payee")])
def test_a_merchant_is_told_of_another_payee_before_it_is_paid(language, word):
    merchant, now = MerchantFactory(name="L'Épi d'Or", language=language), timezone.now()
    member(merchant, "awa")
    agree(merchant, now=now, livemode=True)
    agree(merchant, now=now, livemode=True, hour=9)
    agree(merchant, now=now)
    agree(merchant, now=now, paid_by="bank_file", payee=BANK)
    run_worker_loop("merchants.email")
    assert mail.outbox == []

    agree(merchant, now=now, livemode=True, paid_by="bank_file", payee=BANK)
    run_worker_loop("merchants.email")

    (email,) = mail.outbox
    assert email.subject and "\n" not in email.subject
    for part in ("L'Épi d'Or", "XAF", word):
        assert part in email.body
    # To nobody by this way: where the money goes.
    assert BANK.name not in email.body and BANK.account[-4:] not in email.body
