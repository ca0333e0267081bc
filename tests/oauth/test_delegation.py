"""What an application made with a consent ends with the consent, and reads no more than it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.core.ttl_cache import clear_all
from apps.merchants.models import DelegatedObject
from apps.merchants.scopes import GRANTABLE
from apps.oauth.services.end_dead_grants import end_dead_grants
from apps.webhooks.models import Endpoint
from tests.oauth.conftest import Program, Shop, make_application, make_certificate

pytestmark = pytest.mark.django_db

URL = "https://93.184.215.14/hooks"
ENDPOINTS = "webhook_endpoints"


def code_of(answer):
    return answer.status_code, answer.json().get("code")


class Delegate:
    """A partner's program with a consent to everything."""

    def __init__(self, member, application=None):
        self.program = Program(application or make_application(scopes=list(GRANTABLE)))
        code = self.program.code(member, scope=" ".join(GRANTABLE))
        self.tokens = self.program.exchange(code).json()
        self.caller = Shop(member.merchant)
        self.caller.key = self.tokens["access_token"]
        self.send = self.caller.send

    def endpoint(self):
        made = self.send("POST", ENDPOINTS, {"url": URL})
        assert made.status_code == 201, made.content
        return Endpoint.objects.get(url=URL, deleted_at=None)


@pytest.fixture
def delegate(member):
    return Delegate(member)


def revoke(delegate, member):
    delegate.program.post("revoke", {"token": delegate.tokens["refresh_token"]})


def use_twice(delegate, member):
    refresh_token = delegate.tokens["refresh_token"]
    second = delegate.program.refresh(refresh_token).json()
    delegate.program.refresh(second["refresh_token"])
    delegate.program.refresh(refresh_token)


def switch_off(delegate, member):
    application = delegate.program.application
    owner = Shop(application.merchant)
    owner.send("PATCH", f"oauth_applications/{application.public_id}", {"is_active": False})


def delete(delegate, member):
    application = delegate.program.application
    Shop(application.merchant).send("DELETE", f"oauth_applications/{application.public_id}")


def take_a_scope(delegate, member):
    application = delegate.program.application
    owner = Shop(application.merchant)
    scopes = [scope for scope in GRANTABLE if scope != "events:read"]
    owner.send("PATCH", f"oauth_applications/{application.public_id}", {"scopes": scopes})


def demote(delegate, member):
    member.role = "support"
    member.save()
    end_dead_grants(now=timezone.now())


@pytest.mark.parametrize("end", [revoke, use_twice, switch_off, delete, take_a_scope, demote])
def test_an_applications_endpoint_ends_with_its_consent_and_says_why(delegate, member, end):
    endpoint = delegate.endpoint()

    end(delegate, member)

    endpoint.refresh_from_db()
    assert endpoint.paused_at is not None
    told = Shop(member.merchant).send("GET", f"{ENDPOINTS}/{endpoint.public_id}").json()
    assert told["pause_reason"] == "grant_ended"


def test_while_the_consent_lives_its_endpoint_does(delegate):
    endpoint = delegate.endpoint()
    delegate.program.refresh(delegate.tokens["refresh_token"])

    assert end_dead_grants(now=timezone.now()) == 0
    endpoint.refresh_from_db()
    assert endpoint.paused_at is None


def test_a_consent_that_is_not_refreshed_ends_what_was_made_with_it(clock, delegate):
    endpoint = delegate.endpoint()
    clock.advance(days=31)

    assert end_dead_grants(now=clock.now) == 1
    endpoint.refresh_from_db()
    assert endpoint.pause_reason == "grant_ended"


def test_the_merchant_may_take_an_ended_endpoint_over_and_no_application_may(delegate, member):
    endpoint = delegate.endpoint()
    revoke(delegate, member)
    resume = f"{ENDPOINTS}/{endpoint.public_id}/resume"

    others = Delegate(member).send("POST", resume, {})
    own = Shop(member.merchant).send("POST", resume, {})

    assert code_of(others) == (403, "webhook_endpoint_not_yours")
    assert own.json()["paused_at"] is None
    assert end_dead_grants(now=timezone.now()) == 0


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PATCH", "", {"url": "https://93.184.215.14/thief"}),
        ("PATCH", "", {"event_types": ["payment.created"]}),
        ("PATCH", "", {"is_enabled": True}),
        ("POST", "/rotate_secret", {}),
        ("POST", "/resume", {}),
    ],
)
def test_an_application_redirects_no_endpoint_of_the_merchants_own(
    delegate, member, method, path, body
):
    made = Shop(member.merchant).send("POST", ENDPOINTS, {"url": URL, "is_enabled": False}).json()

    answer = delegate.send(method, f"{ENDPOINTS}/{made['id']}{path}", body)

    assert code_of(answer) == (403, "webhook_endpoint_not_yours")
    assert Endpoint.objects.get().url == URL


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "", {"url": "https://93.184.215.14/more"}),
        ("PATCH", "/{id}", {"url": "https://93.184.215.14/thief"}),
        ("PATCH", "/{id}", {"event_types": ["payment.created"]}),
        ("PATCH", "/{id}", {"is_enabled": True}),
        ("POST", "/{id}/test", {}),
        ("POST", "/{id}/resume", {}),
        ("POST", "/{id}/replay", {"created_after": "2026-01-01T00:00:00Z"}),
    ],
)
def test_webhooks_write_alone_has_nothing_sent_anywhere(merchant, method, path, body):
    owner, weak = Shop(merchant), Shop(merchant, scopes=["webhooks:write", "webhooks:read"])
    made = owner.send("POST", ENDPOINTS, {"url": URL, "is_enabled": False}).json()

    answer = weak.send(method, ENDPOINTS + path.format(id=made["id"]), body)

    assert code_of(answer) == (403, "scope_missing")
    assert "events:read" in answer.json()["detail"]
    assert Endpoint.objects.get().url == URL


def test_webhooks_write_alone_may_switch_off_describe_and_delete(merchant):
    owner, weak = Shop(merchant), Shop(merchant, scopes=["webhooks:write"])
    address = f"{ENDPOINTS}/{owner.send('POST', ENDPOINTS, {'url': URL}).json()['id']}"

    assert weak.send("PATCH", address, {"description": "till"}).status_code == 200
    assert weak.send("PATCH", address, {"url": URL, "is_enabled": False}).status_code == 200
    assert weak.send("DELETE", address).status_code == 200


def test_an_applications_keys_and_certificates_and_what_they_made_end_too(delegate, member):
    soon = (timezone.now() + timedelta(minutes=30)).isoformat()
    body = {"kind": "restricted", "scopes": ["api_keys:write"], "expires_at": soon}
    first = delegate.send("POST", "api_keys", body).json()
    holder = Shop(member.merchant)
    holder.key = first["secret"]
    second = holder.send("POST", "api_keys", body).json()
    pem, _ = make_certificate(days=(-1, 0.01))
    certificate = delegate.send(
        "POST", "client_certificates", {"certificate": pem, "scopes": ["payments:read"]}
    )
    assert certificate.status_code == 201, certificate.content

    revoke(delegate, member)
    clear_all()

    holder.key = second["secret"]
    assert code_of(holder.send("GET", "me")) == (401, "api_key_revoked")
    owner = Shop(member.merchant)
    told = owner.send("GET", f"client_certificates/{certificate.json()['id']}").json()
    assert told["revoked_at"] is not None
    assert not DelegatedObject.objects.filter(ended_at=None).exists()
