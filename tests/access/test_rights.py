"""What is taken from a person is taken at once; what is given, another approves."""

from __future__ import annotations

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import Group, Permission, User
from django.urls import reverse
from django.utils.translation import override
from hypothesis import given
from hypothesis import strategies as st

from apps.access.rules.staff_rights import RightsByOne, RightsChanged, StaffRights
from apps.access.selectors.describe_rights import right_in_words
from apps.approvals.admin.shown import show_details
from apps.approvals.models import ApprovalRequest
from apps.audit.models import AuditEntry
from apps.merchants.models import Member
from tests.access.two_people import approve, at_keyboard
from tests.factories import MerchantFactory
from tests.sign_in.conftest import give_authenticator

RIGHTS = st.builds(
    StaffRights,
    st.booleans(),
    st.booleans(),
    st.booleans(),
    st.frozensets(st.integers(1, 5)),
)
WHY = {"reason": "She begins on Monday."}


def rights_page(user, which="change_rights"):
    return reverse(f"admin:auth_user_{which}", args=[user.pk])


def permissions_page(role):
    return reverse("admin:auth_group_change_permissions", args=[role.pk])


def held(user):
    return StaffRights.of(User.objects.get(pk=user.pk))


@pytest.fixture
def binta(db):
    return User.objects.create_user("binta", password="secret", is_staff=True)


@pytest.fixture
def finance(db):
    return Group.objects.create(name="Finance")


@given(RIGHTS, RIGHTS)
def test_what_is_left_is_never_more_than_either(one, other):
    left = one.within(other)

    assert left.within(one) == left.within(other) == left
    assert one.within(one) == one
    assert StaffRights.from_json(one.as_json()) == one


def test_a_role_is_given_once_another_approved(client_of_awa, awa, chipo, binta, finance):
    form = {"is_active": "on", "is_staff": "on", "roles": [finance.pk], **WHY}

    client_of_awa.post(rights_page(binta), form)
    assert held(binta).roles == frozenset()
    assert any("Finance" in line for line in show_details(ApprovalRequest.objects.get()))
    approve(chipo)

    assert held(binta) == StaffRights(True, True, False, frozenset({finance.pk}))
    entry = AuditEntry.objects.get(action="user.rights")
    assert (entry.actor, entry.detail["approved_by"]) == (f"user:{awa.pk}", f"user:{chipo.pk}")


def test_what_is_taken_is_taken_at_once_without_a_reason(client_of_awa, binta, finance):
    binta.groups.add(finance)

    client_of_awa.post(rights_page(binta), {"is_active": "on"})

    assert held(binta) == StaffRights(True, False, False, frozenset())
    assert not ApprovalRequest.objects.exists()
    assert AuditEntry.objects.get(action="user.rights").target == f"user:{binta.pk}"


def test_of_both_the_one_is_taken_at_once_and_the_other_asked_for(
    client_of_awa, chipo, binta, finance
):
    support = Group.objects.create(name="Support")
    binta.groups.add(support)

    client_of_awa.post(
        rights_page(binta), {"is_active": "on", "is_staff": "on", "roles": [finance.pk], **WHY}
    )
    assert held(binta).roles == frozenset()
    approve(chipo)

    assert held(binta).roles == {finance.pk}


def test_an_account_is_switched_off_by_one_and_on_by_two(client_of_awa, chipo, binta):
    client_of_awa.post(rights_page(binta), {"is_staff": "on"})
    assert not held(binta).is_active

    client_of_awa.post(rights_page(binta), {"is_active": "on", "is_staff": "on", **WHY})
    assert not held(binta).is_active
    approve(chipo)

    assert held(binta).is_active


def test_what_changed_meanwhile_is_not_given(client_of_awa, chipo, binta, finance):
    client_of_awa.post(
        rights_page(binta), {"is_active": "on", "is_staff": "on", "roles": [finance.pk], **WHY}
    )
    User.objects.filter(pk=binta.pk).update(is_staff=False)

    with pytest.raises(RightsChanged):
        approve(chipo)

    assert held(binta).roles == frozenset()


def test_a_page_left_open_takes_nothing_that_was_given_meanwhile(client_of_awa, binta, finance):
    page = client_of_awa.get(rights_page(binta))
    shown = page.context["form"]["before"].initial
    binta.groups.add(finance)

    page = client_of_awa.post(
        rights_page(binta), {"is_active": "on", "is_staff": "on", "before": shown}
    )

    assert page.context["form"].errors
    assert held(binta).roles == {finance.pk}


def test_a_role_left_open_loses_nothing_that_was_given_meanwhile(client_of_awa, finance):
    shown = client_of_awa.get(permissions_page(finance)).context["form"]["before"].initial
    finance.permissions.add(look := Permission.objects.get(codename="view_payment"))

    page = client_of_awa.post(permissions_page(finance), {"before": shown})

    assert page.context["form"].errors
    assert set(finance.permissions.all()) == {look}


def test_nobody_approves_her_own_rights(client_of_awa, chipo):
    client_of_awa.post(
        rights_page(chipo),
        {"is_active": "on", "is_staff": "on", "is_superuser": "on", "roles": [], **WHY},
    )
    assert not ApprovalRequest.objects.exists()
    role = Group.objects.create(name="Finance")
    client_of_awa.post(
        rights_page(chipo),
        {"is_active": "on", "is_staff": "on", "is_superuser": "on", "roles": [role.pk], **WHY},
    )

    with pytest.raises(RightsByOne):
        approve(chipo)

    assert held(chipo).roles == frozenset()


def test_a_role_allows_more_once_another_approved_and_less_at_once(client_of_awa, chipo, finance):
    look, change = (
        Permission.objects.get(codename=name) for name in ("view_payment", "change_payment")
    )

    client_of_awa.post(permissions_page(finance), {"permissions": [look.pk, change.pk], **WHY})
    assert not finance.permissions.exists()
    approve(chipo)
    assert set(finance.permissions.all()) == {look, change}

    client_of_awa.post(permissions_page(finance), {"permissions": [look.pk]})

    assert set(finance.permissions.all()) == {look}


def test_a_person_acts_for_a_merchant_once_another_approved(client_of_awa, chipo, binta):
    merchant = MerchantFactory()
    form = {"merchant": merchant.pk, "user": binta.pk, "role": "finance", **WHY}

    client_of_awa.post(reverse("admin:merchants_member_add"), form)
    assert not Member.objects.exists()
    approve(chipo)
    client_of_awa.post(reverse("admin:merchants_member_add"), {**form, "role": "owner"})
    assert Member.objects.get().role == "finance"
    approve(chipo)

    assert Member.objects.get().role == "owner"


def test_second_factors_are_reset_once_another_approved(client_of_awa, chipo, binta):
    give_authenticator(binta)

    client_of_awa.post(rights_page(binta, "reset_second_factors"), WHY)
    assert Authenticator.objects.exists()
    approve(chipo)

    assert not Authenticator.objects.exists()


def test_a_colleagues_password_is_set_once_two_people_took_it(client_of_awa, chipo, binta):
    new = {
        "usable_password": "true",
        "password1": "balafon de Bobo",
        "password2": "balafon de Bobo",
    }
    page = reverse("admin:auth_user_password_change", args=[binta.pk])
    theirs = at_keyboard(binta)

    client_of_awa.post(page, new)
    assert User.objects.get(pk=binta.pk).check_password("secret")
    client_of_awa.post(rights_page(binta, "take_password"), WHY)
    assert User.objects.get(pk=binta.pk).check_password("secret")
    approve(chipo)
    assert theirs.get("/account").status_code == 302

    client_of_awa.post(page, new)

    assert User.objects.get(pk=binta.pk).check_password("balafon de Bobo")


def test_a_persons_page_leads_to_a_password_only_where_one_may_set_it(client_of_awa, binta):
    nobody = User.objects.create_user("new")
    page = client_of_awa.get(reverse("admin:auth_user_change", args=[binta.pk])).text
    assert "She changes her password herself." in page
    assert reverse("admin:auth_user_password_change", args=[binta.pk]) not in page
    page = client_of_awa.get(reverse("admin:auth_user_change", args=[nobody.pk])).text
    assert reverse("admin:auth_user_password_change", args=[nobody.pk]) in page


def test_who_is_nobody_yet_gets_her_first_password_from_one(client_of_awa):
    person = User.objects.create_user("new", password="secret")

    client_of_awa.post(
        reverse("admin:auth_user_password_change", args=[person.pk]),
        {
            "usable_password": "true",
            "password1": "balafon de Bobo",
            "password2": "balafon de Bobo",
        },
    )

    person.refresh_from_db()
    assert person.check_password("balafon de Bobo")


@pytest.mark.django_db
def test_every_right_is_in_the_readers_language():
    own = Permission.objects.exclude(name__regex="^Can (add|change|delete|view) ")

    with override("fr"):
        said = {right.codename: right_in_words(right) for right in own.select_related()}

    assert said
    assert [name for name in said if said[name].startswith("Can ")] == []
