"""Nobody grants, widens or un-restricts beyond what she holds herself.

A holder is any credential; after any change that it may make, what it could not do before it can
do by no other credential of the merchant's that the change touched.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from ipaddress import ip_address, ip_network

import pytest
from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.core.errors import DomainError
from apps.merchants.caller import Caller
from apps.merchants.granting import NOT_GRANTABLE, check_may_change, check_may_give
from apps.merchants.models import ApiKey
from apps.merchants.rights import Rights
from apps.merchants.services.change_api_key import change_api_key
from apps.merchants.services.create_api_key import create_api_key
from apps.merchants.services.grant_api_key import grant_api_key
from apps.merchants.services.rotate_api_key import rotate_api_key
from apps.oauth.models import Application
from apps.oauth.services.change_application import change_application
from tests.factories import MerchantFactory
from tests.oauth.conftest import BACK, Shop, make_application
from tests.tries import examples

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)
SCOPES = ("payments:read", "payments:write", "api_keys:write")
NETWORKS = ("10.0.0.0/8", "10.1.0.0/16", "192.0.2.0/24")
PLACES = tuple(ip_address(text) for text in ("10.1.0.1", "10.2.0.1", "192.0.2.1", "203.0.113.1"))
ENDS_SOON = datetime.now(UTC).replace(microsecond=0) + timedelta(days=40)
ENDS = (None, NOW + timedelta(days=1), NOW + timedelta(days=9))
TIMES = (NOW + timedelta(hours=1), NOW + timedelta(days=5), NOW + timedelta(days=99))

subsets = st.lists(st.sampled_from(SCOPES), min_size=1, unique=True)
addresses = st.lists(st.sampled_from(NETWORKS), max_size=2, unique=True)
ends = st.sampled_from(ENDS)
rights = st.builds(Rights, scopes=subsets, addresses=addresses, expires_at=ends)
# With a database: each example is undone.
by_example = settings(
    max_examples=examples(12),
)


@pytest.fixture
def merchant(db):
    return MerchantFactory()


def effective(held: Rights) -> set[tuple]:
    """Each scope, place and time at which it can be used."""
    return {
        (scope, place, time)
        for scope in held.scopes
        for place in PLACES
        for time in TIMES
        if not held.addresses or any(place in ip_network(one) for one in held.addresses)
        if held.expires_at is None or time < held.expires_at
    }


def caller_with(held: Rights, merchant=None, credential="key_holder") -> Caller:
    return Caller(
        merchant,
        livemode=False,
        scopes=frozenset(held.scopes),
        credential=credential,
        kind="restricted_key",
        expires_at=held.expires_at,
        networks=tuple(ip_network(one) for one in held.addresses),
    )


def tried(work) -> bool:
    try:
        work()
    except DomainError:
        return False
    return True


@given(held=rights, wanted=rights)
def test_what_is_given_is_held(held, wanted):
    if tried(lambda: check_may_give(caller_with(held), wanted)):
        assert effective(wanted) <= effective(held)


@given(held=rights, before=rights, after=rights)
def test_what_a_change_adds_is_held(held, before, after):
    if tried(lambda: check_may_change(caller_with(held), before, after)):
        assert effective(after) - effective(before) <= effective(held)


@given(held=rights, before=rights)
def test_who_holds_it_all_may_change_it_and_nobody_needs_anything_to_narrow(held, before):
    check_may_change(caller_with(held), before, held)
    check_may_change(caller_with(Rights(["api_keys:read"])), before, before)


def make_key(held: Rights, merchant) -> ApiKey:
    api_key, _ = create_api_key(
        merchant=merchant,
        livemode=False,
        kind=ApiKey.Kind.RESTRICTED,
        scopes=held.scopes,
        allowed_addresses=held.addresses,
        expires_at=held.expires_at,
        now=NOW,
    )
    return api_key


def everything_new(merchant, before: set) -> set:
    keys = ApiKey.objects.filter(merchant=merchant)
    return set().union(*(effective(key.rights) for key in keys)) - before


changes_of_keys = st.fixed_dictionaries(
    {},
    optional={
        "scopes": subsets,
        "allowed_addresses": addresses,
        "expires_at": ends,
        "rotate_every_days": st.sampled_from([None, 3]),
    },
)


@by_example
@given(held=rights, other=rights, changes=changes_of_keys, wanted=rights, is_own=st.booleans())
def test_no_change_of_keys_opens_what_the_holder_lacks(db, held, other, changes, wanted, is_own):
    with transaction.atomic():
        merchant = MerchantFactory()
        own, strong = make_key(held, merchant), make_key(other, merchant)
        caller = caller_with(held, merchant, own.public_id)
        target = own if is_own else strong
        overlap = timedelta(hours=1)

        tried(lambda: change_api_key(api_key_id=target.pk, changes=changes, caller=caller, now=NOW))
        changed = everything_new(merchant, effective(held) | effective(other))
        tried(
            lambda: grant_api_key(
                caller=caller,
                scopes=wanted.scopes,
                allowed_addresses=wanted.addresses,
                expires_at=wanted.expires_at,
                now=NOW,
            )
        )
        is_rotated = tried(
            lambda: rotate_api_key(api_key_id=strong.pk, overlap=overlap, caller=caller, now=NOW)
        )
        is_secret_made = tried(lambda: grant_api_key(caller=caller, scopes=None, now=NOW))

        # Nothing that neither she nor the key she changed had; and of the other she gets nothing.
        assert changed <= effective(held)
        assert everything_new(merchant, effective(held) | effective(other)) <= effective(held)
        strong.refresh_from_db()
        assert not is_rotated or effective(strong.rights) <= effective(held)
        # Each lacks something of what a secret key has.
        assert not is_secret_made
        transaction.set_rollback(True)


changes_of_applications = st.fixed_dictionaries(
    {},
    optional={
        "scopes": subsets,
        "allowed_addresses": addresses,
        "redirect_uris": st.sampled_from([[BACK], [BACK, "https://thief.example/"], []]),
        "certificate_bound_tokens": st.booleans(),
        "is_active": st.booleans(),
        "name": st.just("x"),
    },
)


@by_example
@given(
    held=rights,
    scopes=subsets,
    places=addresses,
    is_bound=st.booleans(),
    is_active=st.booleans(),
    changes=changes_of_applications,
)
def test_no_change_of_an_application_opens_what_the_holder_lacks(
    db, held, scopes, places, is_bound, is_active, changes
):
    with transaction.atomic():
        merchant = MerchantFactory()
        application = make_application(
            merchant,
            scopes=scopes,
            allowed_addresses=places,
            certificate_bound_tokens=is_bound,
            now=NOW,
        )
        Application.objects.filter(pk=application.pk).update(is_active=is_active)
        before = effective(application.rights)
        caller = caller_with(held, merchant)

        if tried(
            lambda: change_application(
                application_id=application.pk, changes=changes, caller=caller, now=NOW
            )
        ):
            application.refresh_from_db()
            assert effective(application.rights) - before <= effective(held)
            is_opened = (
                (application.is_active and not is_active)
                or (is_bound and not application.certificate_bound_tokens)
                or not set(application.redirect_addresses) <= {BACK}
            )
            if is_opened:
                assert effective(application.rights) <= effective(held)
        transaction.set_rollback(True)


@pytest.mark.parametrize(
    "changes",
    [
        {"allowed_addresses": []},
        {"allowed_addresses": ["0.0.0.0/0"]},
        {"expires_at": None},
        {"expires_at": "2099-01-01T00:00:00Z"},
    ],
)
def test_a_key_that_may_only_write_keys_unrestricts_no_other(merchant, changes):
    strong = Shop(merchant, allowed_addresses=["127.0.0.1/32"], expires_at=ENDS_SOON)
    weak = Shop(merchant, scopes=["api_keys:write"])
    key = ApiKey.objects.get(allowed_addresses=["127.0.0.1/32"])

    answer = weak.send("PATCH", f"api_keys/{key.public_id}", changes)

    assert answer.json()["code"] in {refusal.code for refusal in NOT_GRANTABLE}
    key.refresh_from_db()
    assert key.allowed_addresses == ["127.0.0.1/32"] and key.expires_at == ENDS_SOON
    assert strong.send("GET", "me").status_code == 200


@pytest.mark.parametrize(
    "changes",
    [
        {"redirect_uris": [BACK, "https://thief.example/back"]},
        {"redirect_uris": ["https://thief.example/back"]},
        {"certificate_bound_tokens": False},
        {"is_active": True},
        {"allowed_addresses": []},
    ],
)
def test_a_key_that_may_only_write_keys_opens_no_application(merchant, changes):
    application = make_application(
        merchant, certificate_bound_tokens=True, allowed_addresses=["10.0.0.0/8"]
    )
    Application.objects.filter(pk=application.pk).update(is_active=False)
    weak = Shop(merchant, scopes=["api_keys:write"])

    answer = weak.send("PATCH", f"oauth_applications/{application.public_id}", changes)

    assert (answer.status_code, answer.json()["code"]) == (403, "scope_not_grantable")
    application.refresh_from_db()
    assert application.redirect_addresses == [BACK]
    assert application.certificate_bound_tokens and not application.is_active
