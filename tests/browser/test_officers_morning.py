"""The finance officer's morning: her desk by keys alone, and a colleague who approves."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.contrib.auth.models import User
from django.urls import reverse
from django.utils import timezone

from apps.approvals.models import ApprovalRequest
from apps.core.models import OutboxMessage
from apps.ledger.selectors.list_transfers import list_transfers
from apps.orchestration.services.apply_replies import apply_reply
from apps.providers.contract import Outcome, ProviderResult
from apps.reconciliation.models import Discrepancy
from apps.reconciliation.services import ask_provider as asking
from apps.reconciliation.tasks import ask_provider
from apps.reconciliation.tests.reports import foreign_line, line_of, stage_and_match
from tests.browser.conftest import LANGUAGES_OF_WORK
from tests.factories import PaymentFactory, ProviderAccountFactory

pytestmark = pytest.mark.django_db(transaction=True)
DESK = reverse("admin:reconciliation_desk")
STRANGERS = 50


@pytest.fixture
def morning():
    """50 lines of another shop, then one break of each kind that she settles otherwise; its key is
    what becomes of it."""
    account = ProviderAccountFactory()
    now = timezone.now()
    noon = now.replace(hour=11, minute=0) - timedelta(days=1)
    of_all = {"account": account, "created_at": noon, "fee": 0}
    lines = [
        foreign_line(provider_reference=f"TX-{n:02}", amount=100 + n, occurred_at=noon.isoformat())
        for n in range(STRANGERS)
    ]
    stage_and_match(account, *lines, day=noon.date(), now=now)
    Discrepancy.objects.update(opened_at=now - timedelta(days=3))
    verifying = PaymentFactory(verifying=True, **of_all)
    lost = PaymentFactory(succeeded=True, amount=9_000, **of_all)
    found = PaymentFactory(succeeded=True, amount=7_000, **of_all)
    further = [
        line_of(verifying, outcome="succeeded", occurred_at=noon.isoformat()),
        foreign_line(
            provider_reference="TX-found", reference="", amount=7_000, occurred_at=noon.isoformat()
        ),
    ]
    stage_and_match(account, *lines, *further, day=noon.date(), now=now)
    attempt = found.attempts.get()
    return {
        "asked": Discrepancy.objects.get(kind="status_differs"),
        "matched": Discrepancy.objects.get(their_amount=7_000),
        "found": attempt,
        "written_off": Discrepancy.objects.get(attempt_id=lost.attempts.get().pk),
    }


def by_keys(window, *keys):
    for key in keys:
        window.page.keyboard.press(key)


def decide(window, key, reason, ticked=""):
    """The act's key, what its form asks, and Enter."""
    with window.page.expect_navigation():
        window.page.keyboard.press(key)
    if ticked:
        window.page.focus(f"[name=candidate][value={ticked}]")
        window.page.keyboard.press("Space")
    window.page.fill("[name=reason]", reason)
    with window.page.expect_navigation():
        window.page.keyboard.press("Enter")


def go_to(window, row):
    """By the arrows, from the first."""
    numbers = window.page.eval_on_selector_all(
        "#desk-list li input", "boxes => boxes.map(one => one.id)"
    )
    by_keys(window, *["ArrowDown"] * numbers.index(f"d-{row.pk}"))
    window.page.wait_for_function(
        f"document.getElementById('desk-pane').textContent.includes('{row.public_id}')"
    )


@LANGUAGES_OF_WORK
def test_the_officers_morning_is_worked_by_keys_alone(reader, morning, monkeypatch, language):
    awa, binta = (User.objects.create_superuser(name, password="secret") for name in ("awa", "bin"))
    window = reader(language, awa)

    window.open(DESK)
    window.look()
    window.page.set_viewport_size({"width": 1280, "height": 800})
    # 50 closed with one reason.
    by_keys(window, "*")
    decide(window, "r", "Lignes d’une autre boutique.")
    assert Discrepancy.objects.filter(status="resolved").count() == STRANGERS
    # By mistake, and done again.
    with window.page.expect_navigation():
        by_keys(window, "u")
    assert not Discrepancy.objects.filter(status="resolved").exists()
    by_keys(window, "*")
    decide(window, "r", "Lignes d’une autre boutique.")
    # One settled by asking the provider.
    go_to(window, morning["asked"])
    decide(window, "a", "Payé chez eux.")
    monkeypatch.setattr(
        asking,
        "refresh_attempt",
        lambda **what: apply_reply(answer=ProviderResult(Outcome.SUCCEEDED), **what),
    )
    about = str(morning["asked"].pk)
    asked = OutboxMessage.objects.filter(payload__discrepancy_id=about).first()
    ask_provider(SimpleNamespace(payload=asked.payload))
    # One matched by hand, one written off.
    window.open(DESK)
    go_to(window, morning["matched"])
    with window.page.expect_navigation():
        by_keys(window, "m")
    window.look()
    window.open(DESK)
    window.page.set_viewport_size({"width": 1280, "height": 800})
    go_to(window, morning["matched"])
    # Of the amount of the line, and the first of the list.
    decide(window, "m", "Même montant, même heure.", ticked=morning["found"].public_id)
    go_to(window, morning["written_off"])
    decide(window, "w", "Introuvable chez eux.")
    go_to(window, morning["matched"])
    window.look()
    by_keys(window, "?")
    window.look(is_first=False)

    colleague = reader(language, binta)
    for request in ApprovalRequest.objects.filter(status="pending"):
        colleague.open(reverse("admin:approvals_approvalrequest_change", args=[request.pk]))
        colleague.look(is_first=False)
        colleague.press("button[value=approve]")
        if colleague.page.locator("[name=_confirmed], form .lomi-button-first").count():
            colleague.press("form .lomi-button-first")

    expected = {"asked": "repaired", "matched": "matched", "written_off": "written_off"}
    for name, status in expected.items():
        morning[name].refresh_from_db()
        assert (name, morning[name].status) == (name, status)
    assert len(list_transfers(source_id=morning["written_off"].pk)) == 1
    assert not Discrepancy.objects.filter(status="open").exists()
    window.open(f"{DESK}?row={morning['matched'].pk}")
    assert morning["found"].public_id in window.page.inner_text("#desk-pane")
    window.look(is_first=False)
    problems = [*window.problems, *colleague.problems]
    assert not problems, "\n".join(problems)
