from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.reconciliation.selectors.find_violations import find_violations
from apps.settlement.models import (
    BankFileStatus,
    Settlement,
    SettlementCycle,
    SettlementTerms,
)
from apps.settlement.rules.payee import Payee
from apps.settlement.rules.terms_digest import terms_digest
from apps.settlement.selectors.bank_file_facts import shown_of_file
from apps.settlement.services.activate_terms import activate_terms
from apps.settlement.services.approve_bank_file import approve_bank_file
from apps.settlement.services.build_bank_file import build_bank_file
from apps.settlement.services.close_period import close_period
from apps.settlement.services.download_bank_file import download_bank_file
from apps.settlement.services.draft_terms import TermsOrder, draft_terms
from apps.settlement.services.move_bank_file import move_bank_file
from apps.settlement.services.pay_settlement import pay_settlement
from tests.ledger.horizon import wait_for_older_transactions
from tests.payouts.conftest import account, balance, give, merchant, provider

__all__ = ["account", "balance", "broken_books", "give", "merchant", "provider"]


def broken_books() -> list[str]:
    """The names of the invariants that are broken now: none, one hopes."""
    found = find_violations(now=timezone.now())
    return [one.invariant.name for one in found if one.violations]


MAKER, CHECKER = "user:1", "user:2"
WALLET = Payee(phone="+237677000003")
BANK = Payee(name="Boutique Awa", account="CM2110003001000500000605306", bic="ABCDCMCX")

OURS = {"XAF": {"name": "Plateforme", "account": "CM2110003001000500000605306", "bic": "ABCDCMCX"}}


def agree(merchant: Any, *, now: Any, livemode: bool = False, **changes: Any) -> SettlementTerms:
    """Terms of two people; by payout, every day at six, if nothing else is said."""
    usual: dict[str, Any] = {
        "currency": "XAF", "cadence": "daily", "hour": 6, "amount_min": 1, "paid_by": "payout",
        "payee": WALLET,
    }  # fmt: skip
    order = TermsOrder(**usual | changes)
    terms = draft_terms(
        merchant=merchant, livemode=livemode, order=order, created_by=MAKER, now=now
    )
    return activate_terms(
        {"terms_id": str(terms.pk), "digest": terms_digest(terms)},
        requested_by=MAKER,
        approved_by=CHECKER,
        reason="agreed",
        now=now,
    )


@pytest.fixture
def terms(clock, merchant):
    return agree(merchant, now=clock.now)


@pytest.fixture
def close(clock):
    """Close the merchant's period now; all that was committed before is on it."""

    def closed(merchant: Any, **its_own: Any) -> Settlement | None:
        wait_for_older_transactions()
        cycle = SettlementCycle.objects.get(merchant=merchant, **its_own)
        return close_period(cycle_id=cycle.pk, now=clock.now)

    return closed


@pytest.fixture
def pay(clock):
    def paid(settlement: Settlement) -> Settlement:
        return pay_settlement(settlement_id=settlement.pk, now=clock.now)

    return paid


@pytest.fixture
def filed(clock, merchant, close, settings):
    """A settlement in a bank file that one person made."""
    settings.SETTLEMENT_ACCOUNTS = OURS
    agree(merchant, now=clock.now, paid_by="bank_file", payee=BANK)
    close(merchant)
    return build_bank_file(livemode=False, currency="XAF", created_by=MAKER, now=clock.now)


def approve(file, clock, **changes):
    with transaction.atomic():
        return approve_bank_file(
            shown_of_file(file) | changes,
            requested_by=MAKER,
            approved_by=CHECKER,
            reason="",
            now=clock.now,
        )


def hand_in(file, clock):
    approve(file, clock)
    download_bank_file(file_id=file.pk, actor=MAKER, now=clock.now)
    return move_bank_file(
        file_id=file.pk, to=BankFileStatus.SENT, reason="handed in", actor=MAKER, now=clock.now
    )


@pytest.fixture
def sent(filed, clock):
    return hand_in(filed, clock)


def staff(name, *codenames):
    user = User.objects.create_user(name, is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def maker(db):
    models = ("settlementterms", "settlement", "bankfile", "bankanswer", "bankanswerline")
    rights = [f"{verb}_{model}" for verb in ("view", "change") for model in models]
    return staff("awa", *rights, "add_settlementterms", "add_approvalrequest")


@pytest.fixture
def staff_of(db):
    return lambda *codenames: staff("dede", *codenames)


@pytest.fixture
def checker(db):
    return staff("binta", "view_approvalrequest", "decide")


def act(file, name):
    return reverse("admin:settlement_bank_file_act", args=[file.pk, name])
