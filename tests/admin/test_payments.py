from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from apps.audit.models import AuditEntry
from apps.core.public_ids import encode_id
from apps.orchestration.models import Attempt
from apps.orchestration.selectors.read_timeline import TimelineEntry
from apps.payments.models import Payment
from apps.providers.contract import OutcomeUnknown
from apps.webhooks.models import Delivery
from config import timeline_sources
from tests.admin.conftest import acts
from tests.factories import PaymentFactory

LIST = "/admin/payments/payment/"


def found(client, text):
    return [row.pk for row in client.get(LIST, {"q": text}).context["cl"].result_list]


@pytest.fixture
def asked(monkeypatch):
    """Attempts the provider was asked about, without a provider."""
    calls = []

    def refresh_attempt(*, attempt_id, source, now=None):
        calls.append((attempt_id, source))
        return Payment.objects.get(pk=Attempt.objects.get(pk=attempt_id).owner_id)

    monkeypatch.setattr("apps.orchestration.admin.owners.refresh_attempt", refresh_attempt)
    return calls


def press(client, payments, action, **fields):
    data = {"action": action, "_selected_action": [p.pk for p in payments], **fields}
    return client.post(LIST, data, follow=True)


@pytest.mark.parametrize(
    "writing",
    ["237699112233", "+237 6 99 11 22 33", "699-11-22-33", "00237699112233", "699 11 22 33"],
)
def test_a_payer_is_found_by_any_writing_of_the_number(admin, writing):
    PaymentFactory()
    payment = PaymentFactory(payer_msisdn="237699112233")

    assert found(admin, writing) == [payment.pk]


def test_a_payment_is_found_by_each_of_its_names(admin):
    PaymentFactory(submitted=True)
    payment = PaymentFactory(submitted=True, merchant_reference="CMD-77")
    attempt = payment.attempts.get()

    names = [
        payment.public_id,
        payment.public_id.upper(),
        f" {payment.public_id} ",
        attempt.public_id,
        "CMD-77",
        str(attempt.reference),
        attempt.provider_reference,
        attempt.statement_reference,
        str(payment.pk),
    ]

    assert [found(admin, name) for name in names] == [[payment.pk]] * len(names)


@pytest.mark.parametrize("text", ["CMD", "nothing", "pay_0", "%", "' OR 1=1", "6" * 500])
def test_what_is_nobodys_name_finds_nothing(admin, text):
    PaymentFactory(merchant_reference="CMD-77")

    assert found(admin, text) == []


def test_days_are_read_from_the_id(admin):
    payment = PaymentFactory()
    today = timezone.now().date()
    yesterday = today - timedelta(days=1)

    def shown(first, last):
        query = {"created_at_from": f"{first:%Y-%m-%d}", "created_at_to": f"{last:%Y-%m-%d}"}
        return [row.pk for row in admin.get(LIST, query).context["cl"].result_list]

    assert shown(yesterday, today) == [payment.pk]
    assert shown(yesterday, yesterday) == []


def test_the_page_tells_everything_that_happened(admin, open_payment):
    payment = PaymentFactory(merchant=open_payment.merchant, succeeded=True)

    shown = admin.get(f"{LIST}{payment.pk}/change/").context["timeline"]

    kinds = {entry.entry.kind for entry in shown}
    assert kinds == {"status", "attempt", "transfer", "webhook"}
    assert [s.entry.at for s in shown] == sorted(s.entry.at for s in shown)


def test_apps_above_add_to_the_timeline(admin, open_payment, monkeypatch):
    monkeypatch.setattr(
        timeline_sources,
        "TIMELINE_SOURCES",
        [
            lambda _: [
                TimelineEntry(at=timezone.now(), kind="discrepancy", title="Les montants diffèrent")
            ]
        ],
    )

    html = admin.get(f"{LIST}{open_payment.pk}/change/").content.decode()

    assert "Les montants diffèrent" in html


def test_asking_the_provider_asks_once_and_leaves_a_trace(admin, open_payment, asked):
    answer = press(admin, [open_payment], "ask_provider")

    assert asked == [(open_payment.attempts.get().pk, "staff")]
    assert open_payment.public_id in answer.content.decode()
    entry = AuditEntry.objects.get(action="payment.ask_provider")
    assert entry.target == open_payment.public_id
    assert entry.actor.startswith("user:")


def test_asking_from_the_payments_page_comes_back_to_it(admin, open_payment, asked):
    page = f"{LIST}{open_payment.pk}/change/"
    url = admin.get(page).context["action_url"]

    data = {"action": "ask_provider", "_selected_action": open_payment.pk, "_from_page": "1"}
    answer = admin.post(url, data)

    assert answer.url == page
    assert len(asked) == 1


def test_a_final_payment_is_not_asked_about(admin, asked):
    press(admin, [PaymentFactory(succeeded=True)], "ask_provider")

    assert asked == []
    # That she asked is on record, and that nobody was asked.
    assert [entry.action for entry in acts()] == ["admin.payments_payment_changelist"]


def test_a_provider_that_breaks_is_a_message(admin, open_payment, monkeypatch):
    def refresh_attempt(**_):
        raise OutcomeUnknown("timeout for 237677000001")

    monkeypatch.setattr("apps.orchestration.admin.owners.refresh_attempt", refresh_attempt)

    answer = press(admin, [open_payment], "ask_provider")

    assert answer.status_code == 200
    [message] = answer.context["messages"]
    assert "timeout" in str(message)
    assert "677000001" not in str(message)


def test_more_than_twenty_at_once_is_refused_whole(admin, open_payment, asked):
    payments = [PaymentFactory(verifying=True) for _ in range(21)]

    press(admin, payments, "ask_provider")

    assert asked == []


def test_resending_promises_every_webhook_again(admin, open_payment):
    Delivery.objects.update(status="failed", tries=12, next_attempt_at=None)

    press(admin, [open_payment], "resend_webhooks")

    deliveries = Delivery.objects.all()
    assert {(d.status, d.tries) for d in deliveries} == {("pending", 0)}
    assert AuditEntry.objects.get(action="payment.resend_webhooks").target == open_payment.public_id


def test_who_may_only_look_has_no_buttons_and_cannot_press_them(login, open_payment, asked):
    client = login("payments.view_payment")

    html = client.get(f"{LIST}{open_payment.pk}/change/").content.decode()
    press(client, [open_payment], "ask_provider")
    press(client, [open_payment], "resend_webhooks")

    assert 'value="ask_provider"' not in html
    assert asked == []
    assert not acts().exists()


def test_an_agent_may_be_allowed_to_ask(login, open_payment, asked):
    client = login("payments.view_payment", "payments.change_payment")

    press(client, [open_payment], "ask_provider")

    assert len(asked) == 1


def test_an_attempt_is_found_by_its_id_and_references(admin, open_payment):
    attempt = open_payment.attempts.get()
    url = reverse("admin:orchestration_attempt_changelist")

    for name in (attempt.public_id, str(attempt.reference), attempt.provider_reference):
        rows = admin.get(url, {"q": name}).context["cl"].result_list
        assert [row.pk for row in rows] == [attempt.pk]


def test_a_ledger_transfer_is_found_by_its_payment(admin):
    payment = PaymentFactory(succeeded=True)
    url = reverse("admin:ledger_transfer_changelist")

    rows = admin.get(url, {"q": encode_id("pay", payment.pk)}).context["cl"].result_list

    assert {row.kind for row in rows} == {"gross", "fee"}


def test_accounts_show_their_balance(admin):
    payment = PaymentFactory(succeeded=True, amount=5_000, fee=100)
    url = reverse("admin:ledger_account_changelist")

    rows = admin.get(url).context["cl"].result_list

    assert {row.kind: row.balance for row in rows} == {
        "provider_clearing": -5_000,
        "merchant_payable": 4_900,
        "fee_revenue": 100,
    }
    assert payment.merchant.name in {row.merchant_name for row in rows}
