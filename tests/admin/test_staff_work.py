"""What staff may change, and the trace it leaves."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.urls import reverse
from django.utils import timezone

from apps.core.models import OutboxMessage
from apps.core.work import outbox
from apps.merchants.services.create_api_key import create_api_key
from apps.providers.models import Callback, NumberPlanRule
from apps.providers.registry import encrypt_credentials
from apps.providers.services.store_callback import store_callback
from apps.webhooks.models import Delivery
from tests.admin.conftest import acts
from tests.factories import EndpointFactory, MerchantFactory, ProviderAccountFactory

MERCHANT = {
    "name": "Boutique Wouri",
    "language": "fr",
    "is_active": "on",
}
ROUTING = {
    "priority": "5",
    "weight": "2",
    "amount_min": "100",
    "amount_max": "500000",
    "is_active": "on",
}


def page(model, name, *args):
    return reverse(f"admin:{model}_{name}", args=args)


def test_a_merchants_language_changes_and_the_trail_says_from_what_to_what(admin):
    merchant = MerchantFactory(name="Boutique Wouri", language="en")

    admin.post(page("merchants_merchant", "change", merchant.pk), MERCHANT)

    merchant.refresh_from_db()
    assert merchant.language == "fr"
    entry = acts().get()
    assert (entry.action, entry.target) == ("merchant.change", merchant.public_id)
    assert entry.detail["changes"][0]["changed"]["values"] == {"language": ["en", "fr"]}


def test_a_merchants_currency_cannot_be_changed(admin):
    merchant = MerchantFactory(name="Boutique Wouri")

    admin.post(page("merchants_merchant", "change", merchant.pk), MERCHANT | {"currency": "EUR"})

    merchant.refresh_from_db()
    assert merchant.currency == "XAF"


def test_only_a_superuser_changes_a_merchant(login):
    merchant = MerchantFactory(language="en")
    client = login("merchants.view_merchant", "merchants.change_merchant")

    answer = client.post(page("merchants_merchant", "change", merchant.pk), MERCHANT)

    merchant.refresh_from_db()
    assert answer.status_code == 403
    assert merchant.language == "en"
    assert not acts().exists()


def test_routing_is_edited_and_recorded_and_credentials_are_never_shown(admin):
    account = ProviderAccountFactory()
    account.credentials_encrypted = encrypt_credentials(account.pk, {"api_key": "very-secret"})
    account.save()
    url = page("providers_provideraccount", "change", account.pk)

    html = admin.get(url).content.decode()
    admin.post(url, ROUTING)

    account.refresh_from_db()
    assert "very-secret" not in html
    assert "credentials_encrypted" not in html
    assert bytes(account.credentials_encrypted).hex() not in html
    assert account.priority == 5
    changed = acts().get().detail["changes"][0]["changed"]["values"]
    assert changed["priority"] == [100, 5]


def test_limits_the_wrong_way_round_are_refused(admin):
    account = ProviderAccountFactory()
    url = page("providers_provideraccount", "change", account.pk)

    answer = admin.post(url, ROUTING | {"amount_min": "900000"})

    account.refresh_from_db()
    assert answer.status_code == 200
    assert account.amount_min == 1
    assert not acts().exists()


def test_the_number_plan_is_added_to_and_deleted_from_with_a_trace(admin):
    rule = {"country": "CM", "prefix": "650", "operator": "mtn", "valid_from": "2026-01-01"}

    admin.post(page("providers_numberplanrule", "add"), rule)
    admin.post(
        page("providers_numberplanrule", "delete", NumberPlanRule.objects.get().pk),
        {"post": "yes"},
    )

    assert not NumberPlanRule.objects.exists()
    actions = acts().order_by("id").values_list("action", flat=True)
    assert list(actions) == ["numberplanrule.add", "numberplanrule.delete"]


def test_a_key_is_revoked_by_who_may(admin):
    key, _text = create_api_key(merchant=MerchantFactory(), livemode=False, now=timezone.now())

    admin.post(
        page("merchants_apikey", "changelist"), {"action": "revoke", "_selected_action": key.pk}
    )

    key.refresh_from_db()
    assert key.revoked_at is not None
    assert acts().get().action == "api_key.revoke"


def test_a_key_is_not_revoked_by_who_may_not(login):
    key, _text = create_api_key(merchant=MerchantFactory(), livemode=False, now=timezone.now())
    client = login("merchants.view_apikey")

    client.post(
        page("merchants_apikey", "changelist"), {"action": "revoke", "_selected_action": key.pk}
    )

    key.refresh_from_db()
    assert key.revoked_at is None


def test_a_delivery_is_sent_again(admin, open_payment):
    delivery = Delivery.objects.first()
    Delivery.objects.update(status="failed", tries=12, next_attempt_at=None)

    admin.post(
        page("webhooks_delivery", "changelist"),
        {"action": "resend", "_selected_action": delivery.pk},
    )

    delivery.refresh_from_db()
    assert (delivery.status, delivery.tries) == ("pending", 0)
    assert acts().get().target == delivery.public_id


@pytest.mark.parametrize("body", [b'{"ok": true}', b"\xff\x00<script>alert(1)</script>"])
def test_reading_a_callbacks_body_leaves_a_trace(admin, body):
    store_callback(
        connector="mtn_momo",
        attempt_id=MerchantFactory().pk,
        method="PUT",
        content_type="application/json",
        body=body,
        now=timezone.now(),
    )
    callback = Callback.objects.get()

    html = admin.get(page("providers_callback", "change", callback.pk)).content.decode()

    assert "<script>alert" not in html
    entry = acts().get()
    assert (entry.action, entry.target) == ("callback.read_body", str(callback.pk))


def test_what_became_of_a_callback_is_said_in_the_readers_language(admin):
    callback = Callback.objects.create(
        connector="mtn_momo",
        attempt_id=MerchantFactory().pk,
        method="PUT",
        body_encrypted=b"broken",
        body_digest=bytes(32),
        received_at=timezone.now(),
        note="no such attempt",
    )
    admin.cookies["django_language"] = "fr"

    shown = [
        admin.get(address).content.decode()
        for address in (
            page("providers_callback", "changelist"),
            page("providers_callback", "change", callback.pk),
        )
    ]

    assert ["no such attempt" in html for html in shown] == [False, False]
    assert ["Cette tentative n’existe pas." in html for html in shown] == [True, True]


def test_a_callback_that_does_not_open_is_said_so(admin):
    callback = Callback.objects.create(
        connector="mtn_momo",
        attempt_id=MerchantFactory().pk,
        method="PUT",
        body_encrypted=b"broken",
        body_digest=bytes(32),
        received_at=timezone.now(),
    )

    answer = admin.get(page("providers_callback", "change", callback.pk))

    assert answer.status_code == 200


def test_people_are_changed_with_a_trace_that_holds_no_password(admin):
    user = User.objects.create_user("binta", password="first")

    admin.post(
        f"/admin/auth/user/{user.pk}/password/",
        {"usable_password": "true", "password1": "n3w-Secret!!", "password2": "n3w-Secret!!"},
    )

    user.refresh_from_db()
    assert user.check_password("n3w-Secret!!")
    entry = acts().get()
    assert (entry.action, entry.target) == ("user.change", str(user.pk))
    assert "Secret" not in str(entry.detail)


def test_an_account_of_staff_is_closed_not_deleted(admin):
    user = User.objects.create_user("binta")

    assert admin.post(page("auth_user", "delete", user.pk), {"post": "yes"}).status_code == 403


def test_nobody_gives_themselves_rights(login):
    client = login("auth.view_user", "auth.change_user", "auth.view_group", "auth.change_group")
    user = User.objects.get(username="binta")

    data = {"username": "binta", "is_active": "on", "is_staff": "on", "is_superuser": "on"}
    answer = client.post(page("auth_user", "change", user.pk), data)

    user.refresh_from_db()
    assert answer.status_code == 403
    assert not user.is_superuser
    assert client.post(page("auth_group", "add"), {"name": "Everything"}).status_code == 403


def test_a_role_is_made_with_a_trace_and_allows_nothing_yet(admin):
    may_look = Permission.objects.get(codename="view_payment")

    admin.post(page("auth_group", "add"), {"name": "Support", "permissions": [may_look.pk]})

    assert not Group.objects.get().permissions.exists()
    entry = acts().get()
    assert (entry.action, entry.target) == ("group.add", str(Group.objects.get().pk))


def test_a_paused_endpoint_is_resumed_with_a_trace(admin):
    endpoint = EndpointFactory(paused_at=timezone.now(), pause_reason="failing")

    admin.post(
        page("webhooks_endpoint", "changelist"),
        {"action": "resume", "_selected_action": endpoint.pk},
    )

    endpoint.refresh_from_db()
    assert (endpoint.paused_at, endpoint.pause_reason) == (None, "")
    entry = acts().get()
    assert (entry.action, entry.target) == ("webhook_endpoint.resumed", endpoint.public_id)


def test_a_test_event_is_sent_to_who_listens(admin):
    endpoint = EndpointFactory(event_types=["payment.failed"])
    off = EndpointFactory(is_enabled=False)

    admin.post(
        page("webhooks_endpoint", "changelist"),
        {"action": "send_test", "_selected_action": [endpoint.pk, off.pk]},
    )

    delivery = Delivery.objects.get()
    assert (delivery.endpoint, delivery.event.type) == (endpoint, "webhook_endpoint.test")


def test_nothing_is_done_to_an_endpoint_by_who_may_only_look(login):
    endpoint = EndpointFactory(paused_at=timezone.now())
    client = login("webhooks.view_endpoint")

    for action in ("resume", "send_test"):
        client.post(
            page("webhooks_endpoint", "changelist"),
            {"action": action, "_selected_action": endpoint.pk},
        )

    endpoint.refresh_from_db()
    assert endpoint.paused_at is not None
    assert not Delivery.objects.exists()


@pytest.fixture
def stuck(db):
    """A message that a person owns, next tried in an hour."""
    now = timezone.now()
    message = outbox.enqueue("merchants.email", now=now, member_id="nobody's")
    OutboxMessage.objects.update(
        tries=12,
        needs_person_since=now,
        available_at=now + timedelta(hours=1),
        last_error="ValueError: of 237677000001",
    )
    return message


def test_stuck_work_is_listed_and_work_under_way_is_not(admin, stuck):
    outbox.enqueue("attempt.contradicted", now=timezone.now(), attempt_id="1")

    html = admin.get(page("core_outboxmessage", "changelist")).content.decode()

    assert "merchants.email" in html
    assert "attempt.contradicted" not in html
    # An error may quote a payer.
    assert "ValueError" in html
    assert "237677000001" not in html


def test_stuck_work_is_tried_again_at_once_with_a_trace(admin, stuck):
    admin.post(
        page("core_outboxmessage", "changelist"),
        {"action": "try_again", "_selected_action": stuck.pk},
    )

    stuck.refresh_from_db()
    assert stuck.available_at <= timezone.now()
    assert stuck.needs_person_since is not None
    entry = acts().get()
    assert (entry.action, entry.target) == ("outboxmessage.try_again", str(stuck.pk))


def test_stuck_work_is_not_tried_again_by_who_may_only_look(login, stuck):
    client = login("core.view_outboxmessage")

    client.post(
        page("core_outboxmessage", "changelist"),
        {"action": "try_again", "_selected_action": stuck.pk},
    )

    stuck.refresh_from_db()
    assert stuck.available_at > timezone.now() + timedelta(minutes=50)
    assert not acts().exists()


def test_health_counts_what_needs_a_person(client, stuck):
    assert client.get("/health").json() == {"status": "ok", "needs_person": 1}
