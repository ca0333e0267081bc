"""One person alone gives nothing: each thing that opens a door to money or to rights, by each door
there is. What she sends is what the forms and the API take, or took before two had to agree."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import Group, Permission, User
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.access.rules.staff_rights import StaffRights
from apps.approvals.models import ApprovalRequest
from apps.approvals.rules.actions import approvable_actions
from apps.core.errors import DomainError
from apps.merchants.models import ApiKey, Member, Merchant
from apps.merchants.scopes import API_KEYS_WRITE, BALANCE_READ
from apps.merchants.services.allow_approval import allow_approval
from apps.merchants.services.allow_money_out import allow_money_out
from apps.merchants.services.create_api_key import create_api_key
from apps.merchants.services.make_key_for_merchant import make_key_for_merchant
from apps.oauth.models import Application
from apps.reporting.models import StaffScope
from apps.reporting.selectors.bounds_of import bounds_of
from tests.factories import MerchantFactory
from tests.oauth.conftest import make_application
from tests.sign_in.conftest import give_authenticator

pytestmark = pytest.mark.django_db

GOOD = "balafon de Bobo"
WHY = {"reason": "It is needed."}
MONEY = ["payouts:write", "refunds:write"]
ALL_RIGHTS = {"is_active": "on", "is_staff": "on", "is_superuser": "on"}


@dataclass
class World:
    """Awa, a superuser, at her keyboard and at the server; a merchant's live key at the API."""

    admin: Client
    awa: User
    binta: User
    bounded: User
    role: Group
    scope: StaffScope
    permission: Permission
    merchant: Merchant
    key: ApiKey
    application: Application
    bearer: str

    def post(self, page: str, *args: Any, **form: Any) -> Any:
        return self.admin.post(reverse(page, args=args), {**WHY, **form})

    def api(self, method: str, path: str, body: dict[str, Any]) -> Any:
        return self.admin.generic(
            method,
            f"/api/v1/{path}",
            data=json.dumps(body),
            content_type="application/json",
            HTTP_AUTHORIZATION=f"Bearer {self.bearer}",
            HTTP_IDEMPOTENCY_KEY="once",
        )

    def held(self) -> dict[str, Any]:
        """All that anybody has of what two people give."""
        return {
            "keys": sorted(
                (str(one.pk), one.livemode, *sorted(one.scopes))
                for one in ApiKey.objects.filter(livemode=True)
            ),
            "applications": sorted(
                (str(one.pk), one.is_active, one.redirect_uris, *sorted(one.scopes))
                for one in Application.objects.all()
            ),
            "rights": {
                one.pk: (StaffRights.of(one), *one.user_permissions.values_list("pk", flat=True))
                for one in User.objects.all()
                if StaffRights.of(one) != StaffRights(True, False, False, frozenset())
            },
            "roles": {
                one.pk: sorted(one.permissions.values_list("pk", flat=True))
                for one in Group.objects.all()
                if one.permissions.exists()
            },
            "shown": {
                one.pk: [(sight.countries, sight.merchant_ids) for sight in bounds_of(one)]
                for one in User.objects.filter(is_staff=True)
            },
            "members": sorted(Member.objects.values_list("user_id", "merchant_id", "role")),
            "factors": sorted(Authenticator.objects.values_list("user_id", "type")),
            "passwords": dict(
                User.objects.filter(is_staff=True).values_list("username", "password")
            ),
        }


@pytest.fixture
def world(client_of_awa, awa, chipo, db, monkeypatch):
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", GOOD)
    monkeypatch.setattr("getpass.getpass", lambda _prompt: GOOD)
    binta = User.objects.create_user("binta", password="secret", is_staff=True)
    give_authenticator(binta)
    of_cameroon = Group.objects.create(name="Cameroon")
    bounded = User.objects.create_user("dede", is_staff=True)
    bounded.groups.add(of_cameroon)
    merchant, now = MerchantFactory(), timezone.now()
    _own, bearer = create_api_key(
        merchant=merchant,
        livemode=True,
        kind=ApiKey.Kind.RESTRICTED,
        scopes=[API_KEYS_WRITE, BALANCE_READ],
        now=now,
    )
    return World(
        admin=client_of_awa,
        awa=awa,
        binta=binta,
        bounded=bounded,
        scope=StaffScope.objects.create(group=of_cameroon, countries=["CM"]),
        role=Group.objects.create(name="Finance"),
        permission=Permission.objects.get(codename="decide"),
        merchant=merchant,
        key=create_api_key(
            merchant=merchant,
            livemode=True,
            kind=ApiKey.Kind.RESTRICTED,
            scopes=[BALANCE_READ],
            now=now,
        )[0],
        application=make_application(merchant, livemode=True, scopes=[BALANCE_READ]),
        bearer=bearer,
    )


def by_action(page, name, row):
    return lambda world: world.post(page, action=name, _selected_action=[row(world).pk])


def service(act, **named):
    def call(world):
        with pytest.raises(DomainError):
            act(actor=f"user:{world.awa.pk}", now=timezone.now(), **named_of(world))

    def named_of(world):
        return {name: read(world) for name, read in named.items()}

    return call


def command(name, *args):
    def call(_world):
        with pytest.raises(CommandError):
            call_command(name, *args)

    return call


NEW_PASSWORD = {"usable_password": "true", "password1": GOOD, "password2": GOOD}
DOORS = {
    # --- A live key is made.
    "key: the page": lambda w: w.post(
        "staff-new-api-key", w.merchant.pk, livemode="live", label="Till"
    ),
    "key: the service": service(
        make_key_for_merchant,
        merchant_id=lambda w: w.merchant.pk,
        livemode=lambda w: True,
        label=lambda w: "Till",
    ),
    "key: the API": lambda w: w.api("POST", "api_keys", {"kind": "restricted", "scopes": [*MONEY]}),
    "key: the API, what staff alone give": lambda w: w.api(
        "POST", "api_keys", {"kind": "restricted", "scopes": ["payouts:approve"]}
    ),
    # --- A live key is widened.
    "money out: the list": by_action(
        "admin:merchants_apikey_changelist", "let_money_out", lambda w: w.key
    ),
    "money out: the key's page": lambda w: w.post(
        "admin:merchants_apikey_ask_money_out", w.key.pk, scopes=BALANCE_READ
    ),
    "money out: the change form": lambda w: w.post(
        "admin:merchants_apikey_change", w.key.pk, scopes=MONEY
    ),
    "money out: the service": service(allow_money_out, api_key_id=lambda w: w.key.pk),
    "money out: the API": lambda w: w.api(
        "PATCH", f"api_keys/{w.key.public_id}", {"scopes": [BALANCE_READ, *MONEY]}
    ),
    "approval: the list": by_action(
        "admin:merchants_apikey_changelist", "let_approve", lambda w: w.key
    ),
    "approval: the key's page": lambda w: w.post(
        "admin:merchants_apikey_ask_approval", w.key.pk, scopes=BALANCE_READ
    ),
    "approval: the service": service(allow_approval, api_key_id=lambda w: w.key.pk),
    # --- A live application is widened.
    "application: the change form": lambda w: w.post(
        "admin:oauth_application_change", w.application.pk, scopes=MONEY
    ),
    "application: the API, its scopes": lambda w: w.api(
        "PATCH", f"oauth_applications/{w.application.public_id}", {"scopes": MONEY}
    ),
    # --- Rights are given.
    "rights: the page": lambda w: w.post(
        "admin:auth_user_change_rights", w.binta.pk, roles=[w.role.pk], **ALL_RIGHTS
    ),
    "rights: the change form": lambda w: w.post(
        "admin:auth_user_change", w.binta.pk, username="binta", groups=[w.role.pk], **ALL_RIGHTS
    ),
    "rights: the form of a new person": lambda w: w.post(
        "admin:auth_user_add", username="new", **NEW_PASSWORD, **ALL_RIGHTS
    ),
    "rights: createsuperuser": command("createsuperuser", "--noinput", "--username=root"),
    "role: the page": lambda w: w.post(
        "admin:auth_group_change_permissions", w.role.pk, permissions=[w.permission.pk]
    ),
    "role: the change form": lambda w: w.post(
        "admin:auth_group_change", w.role.pk, name="Finance", permissions=[w.permission.pk]
    ),
    "role: the form of a new one": lambda w: w.post(
        "admin:auth_group_add", name="Everything", permissions=[w.permission.pk]
    ),
    "bounds: the form of a new one": lambda w: w.post(
        "admin:reporting_staffscope_add", group=w.role.pk, countries="CM"
    ),
    "bounds: the page": lambda w: w.post(
        "admin:reporting_staffscope_change_bounds", w.scope.pk, countries=""
    ),
    "bounds: the change form": lambda w: w.post(
        "admin:reporting_staffscope_change", w.scope.pk, group=w.scope.group_id, countries=""
    ),
    "bounds: the form that deletes": lambda w: w.post(
        "admin:reporting_staffscope_delete", w.scope.pk, post="yes"
    ),
    "bounds: the role is deleted": lambda w: w.post(
        "admin:auth_group_delete", w.scope.group_id, post="yes"
    ),
    "bounds: the role is taken": lambda w: w.post(
        "admin:auth_user_change_rights", w.bounded.pk, is_active="on", is_staff="on"
    ),
    "member: the form": lambda w: w.post(
        "admin:merchants_member_add", merchant=w.merchant.pk, user=w.awa.pk, role="owner"
    ),
    # --- A colleague's sign-in.
    "second factor: the list": by_action(
        "admin:mfa_authenticator_changelist", "remove_all", lambda w: Authenticator.objects.get()
    ),
    "second factor: the page": lambda w: w.post("admin:auth_user_reset_second_factors", w.binta.pk),
    "second factor: the command": command("reset_second_factor", "binta"),
    "password: the form": lambda w: w.post(
        "admin:auth_user_password_change", w.binta.pk, **NEW_PASSWORD
    ),
    "password: taken": lambda w: w.post("admin:auth_user_take_password", w.binta.pk),
    "password: the command": command("changepassword", "binta"),
}


@pytest.mark.parametrize("door", DOORS)
def test_one_person_gives_nothing_by_any_door(world, door):
    before = world.held()

    answer = DOORS[door](world)

    assert answer is None or answer.status_code < 500
    assert world.held() == before


ASKED = {
    "api_key.make": "key: the page",
    "api_key.money_out": "money out: the key's page",
    "api_key.approval": "approval: the key's page",
    "user.rights": "rights: the page",
    "role.permissions": "role: the page",
    "role.bounds": "bounds: the page",
    "member.give": "member: the form",
    "user.reset_second_factors": "second factor: the page",
    "user.take_password": "password: taken",
}


@pytest.mark.parametrize("action", ASKED)
def test_each_is_asked_for_by_its_page_and_refused_to_who_asked(world, action):
    DOORS[ASKED[action]](world)

    request = ApprovalRequest.objects.get()
    assert (request.action, request.status) == (action, "pending")
    before, name = world.held(), f"user:{world.awa.pk}"
    with pytest.raises(DomainError):
        approvable_actions()[action].load()(
            request.payload,
            requested_by=name,
            approved_by=name,
            reason="",
            now=timezone.now(),
        )
    assert world.held() == before
    assert approvable_actions()[action].lines(request.payload)
