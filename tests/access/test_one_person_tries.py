"""What one person tries who may shut every door: to come in by the one she shut, under another's
name, or by what she asked for while she might."""

from __future__ import annotations

import io

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils import timezone

from apps.access.rules.staff_rights import RightsByOne, RightsChanged, StaffRights
from apps.access.selectors.describe_rights import person_lines, right_in_words
from apps.approvals.admin.shown import show_details
from apps.approvals.models import ApprovalRequest, ApprovalRule
from apps.approvals.selectors.demanded_steps import demanded_steps
from apps.approvals.services.decide_approval import ApprovalOfSomebodyGone
from apps.audit.models import AuditEntry
from apps.merchants.models import ApiKey
from apps.merchants.services.create_api_key import create_api_key
from apps.reporting.models import StaffScope
from apps.reporting.selectors.bounds_of import bounds_of
from tests.access.two_people import approve, at_keyboard, superuser
from tests.factories import MerchantFactory
from tests.sign_in.conftest import give_authenticator

pytestmark = pytest.mark.django_db

WHY = {"reason": "It is needed."}
STAFF = {"is_active": "on", "is_staff": "on"}
NEW = {
    "usable_password": "true",
    "password1": "balafon de Bobo",
    "password2": "balafon de Bobo",
}


def rights_page(user):
    return reverse("admin:auth_user_change_rights", args=[user.pk])


def permissions_page(role):
    return reverse("admin:auth_group_change_permissions", args=[role.pk])


def allow(role, codename):
    role.permissions.add(Permission.objects.get(codename=codename))


@pytest.fixture
def binta(db):
    return User.objects.create_user("binta", password="secret", is_staff=True)


@pytest.fixture
def finance(db):
    return Group.objects.create(name="Finance")


@pytest.fixture
def rule():
    def made(**fields):
        return ApprovalRule.objects.create(
            **{
                "name": "Of the new ones",
                "action": "dispute.decide",
                "steps": [{"persons": 2, "group": None}],
                "changed_at": timezone.now(),
                **fields,
            }
        )

    return made


@pytest.mark.parametrize("known_by", ["she signed in", "her second factor"])
def test_who_takes_a_colleagues_rights_does_not_get_her_password(client_of_awa, binta, known_by):
    if known_by == "she signed in":
        at_keyboard(binta)
    else:
        give_authenticator(binta)
    client_of_awa.post(rights_page(binta), {"is_active": "on"})
    assert StaffRights.of(User.objects.get(pk=binta.pk)) == StaffRights(
        True, False, False, frozenset()
    )

    client_of_awa.post(reverse("admin:auth_user_password_change", args=[binta.pk]), NEW)

    assert User.objects.get(pk=binta.pk).check_password("secret")


@pytest.mark.parametrize(
    "taken", [{"is_active": False}, {"is_staff": False}, {"is_superuser": False}]
)
def test_what_she_asked_for_before_her_rights_were_taken_is_given_by_nobody(
    client_of_awa, awa, chipo, binta, taken
):
    client_of_awa.post(rights_page(binta), {**STAFF, "is_superuser": "on", **WHY})
    User.objects.filter(pk=awa.pk).update(**taken)

    with pytest.raises(ApprovalOfSomebodyGone):
        approve(chipo)

    binta.refresh_from_db()
    assert not binta.is_superuser
    assert ApprovalRequest.objects.get().status == "pending"


def test_a_live_key_is_widened_for_nobody_who_may_not_ask_any_longer(client_of_awa, awa, chipo):
    key = create_api_key(merchant=MerchantFactory(), livemode=True, now=timezone.now())[0]
    before = sorted(key.scopes)
    page = reverse("admin:merchants_apikey_ask_money_out", args=[key.pk])
    client_of_awa.post(page, {"scopes": " ".join(before), **WHY})
    User.objects.filter(pk=awa.pk).update(is_superuser=False)

    with pytest.raises(ApprovalOfSomebodyGone):
        approve(chipo)

    assert sorted(ApiKey.objects.get().scopes) == before


def test_who_approves_is_shown_what_a_role_allows_whatever_it_is_called(
    client_of_awa, binta, finance
):
    allow(finance, "decide")
    finance.name = "Support"
    finance.save()

    client_of_awa.post(rights_page(binta), {**STAFF, "roles": [finance.pk], **WHY})

    decide = right_in_words(Permission.objects.get(codename="decide"))
    shown = " ".join(show_details(ApprovalRequest.objects.get()))
    assert "Support" in shown
    assert decide in shown


def test_who_approves_is_shown_since_when_there_is_an_account_that_was_renamed(binta):
    binta.username = "chipo"
    binta.date_joined = binta.date_joined.replace(year=2025, month=3, day=7)

    assert any("7 March 2025" in line or "March 7, 2025" in line for line in person_lines(binta))


def test_nobody_approves_more_for_a_role_that_she_has(client_of_awa, binta, finance, chipo):
    allow(finance, "decide")
    binta.groups.add(finance)
    more = Permission.objects.get(codename="change_apikey")
    has = finance.permissions.get()
    client_of_awa.post(permissions_page(finance), {"permissions": [has.pk, more.pk], **WHY})

    with pytest.raises(RightsByOne):
        approve(User.objects.get(pk=binta.pk))
    assert set(finance.permissions.all()) == {has}

    # A superuser gets nothing by it.
    chipo.groups.add(finance)
    approve(chipo)
    assert set(finance.permissions.all()) == {has, more}


def test_a_role_by_which_a_rule_knows_the_maker_is_taken_by_two(
    client_of_awa, chipo, binta, finance, rule
):
    binta.groups.add(finance, support := Group.objects.create(name="Support"))
    rule(makers=[f"role:{finance.pk}"])

    client_of_awa.post(rights_page(binta), {"is_staff": "on", **WHY})

    # The account is switched off and the other role gone at once.
    binta.refresh_from_db()
    assert StaffRights.of(binta) == StaffRights(False, True, False, frozenset({finance.pk}))
    assert support not in binta.groups.all()
    assert len(demanded_steps("dispute.decide", {}, asked_by=f"user:{binta.pk}")) == 2
    approve(chipo)
    assert not binta.groups.exists()


def test_who_goes_from_one_country_to_another_never_sees_all(client_of_awa, chipo, binta, finance):
    here, there = (Group.objects.create(name=name) for name in ("Cameroon", "Gabon"))
    for role, country in ((here, "CM"), (there, "GA")):
        StaffScope.objects.create(group=role, countries=[country])
    binta.groups.add(here, finance)

    def sees():
        return [one.countries for one in bounds_of(User.objects.get(pk=binta.pk))]

    client_of_awa.post(rights_page(binta), {**STAFF, "roles": [there.pk, finance.pk], **WHY})
    assert sees() == [["CM"]]
    approve(chipo)
    assert sees() == [["GA"]]

    # Nor who is to have none of them; and of two that bound her one is taken at once.
    client_of_awa.post(rights_page(binta), {**STAFF, "roles": [finance.pk], **WHY})
    assert sees() == [["GA"]]
    binta.groups.add(here)
    client_of_awa.post(rights_page(binta), {**STAFF, "roles": [here.pk, finance.pk]})
    assert sees() == [["CM"]]


def test_no_role_that_a_rule_names_or_that_bounds_what_is_seen_is_deleted(
    client_of_awa, finance, rule
):
    one, here, other = (Group.objects.create(name=name) for name in ("New", "CM", "Nothing"))
    StaffScope.objects.create(group=here, countries=["CM"])
    rule(makers=[f"role:{one.pk}"])
    rule(steps=[{"persons": 1, "group": finance.pk}])

    for role in (one, finance, here, other):
        client_of_awa.post(reverse("admin:auth_group_delete", args=[role.pk]), {"post": "yes"})
    several = {"action": "delete_selected", "post": "yes", "_selected_action": [finance.pk]}
    client_of_awa.post(reverse("admin:auth_group_changelist"), several)

    assert set(Group.objects.all()) == {one, finance, here}


def test_what_was_taken_at_once_does_not_refuse_the_rest_of_the_same_page(
    client_of_awa, chipo, binta, finance
):
    binta.groups.add(support := Group.objects.create(name="Support"))
    page = client_of_awa.get(rights_page(binta))
    form = {**STAFF, "roles": [finance.pk], "before": page.context["form"]["before"].value()}

    # Without a reason half of it is done, and the page says what is missing.
    page = client_of_awa.post(rights_page(binta), form)
    assert page.context["form"].errors
    assert support not in binta.groups.all()
    again = {**form, "before": page.context["form"]["before"].value(), **WHY}
    client_of_awa.post(rights_page(binta), again)

    assert ApprovalRequest.objects.get().action == "user.rights"
    approve(chipo)
    assert set(binta.groups.all()) == {finance}


def test_of_three_people_one_whose_rights_are_taken_counts_for_nothing(
    client_of_awa, chipo, binta, rule
):
    rule(action="user.rights")
    dede, eve = superuser("dede"), superuser("eve")
    client_of_awa.post(rights_page(binta), {**STAFF, "is_superuser": "on", **WHY})
    approve(dede)
    User.objects.filter(pk=dede.pk).update(is_active=False)

    for person in (chipo, eve):
        with pytest.raises(ApprovalOfSomebodyGone):
            approve(person)

    binta.refresh_from_db()
    assert not binta.is_superuser


def test_who_opened_the_page_while_she_might_approves_nothing_after(client_of_awa, chipo, binta):
    client_of_awa.post(rights_page(binta), {**STAFF, "is_superuser": "on", **WHY})
    # As her request has read it, before it waited for a lock.
    as_read = User.objects.get(pk=chipo.pk)
    User.objects.filter(pk=chipo.pk).update(is_active=False)

    with pytest.raises(ApprovalOfSomebodyGone):
        approve(as_read)


def test_the_command_asks_about_the_name_at_the_server_too(awa, chipo, binta, monkeypatch):
    monkeypatch.setattr("getpass.getuser", lambda: "binta")
    monkeypatch.setattr("getpass.getpass", lambda **_prompt: NEW["password1"])

    with pytest.raises(CommandError, match="in the admin"):
        call_command("changepassword")
    assert User.objects.get(pk=binta.pk).check_password("secret")

    User.objects.filter(pk=chipo.pk).update(is_active=False)
    call_command("changepassword", stdout=io.StringIO())
    assert User.objects.get(pk=binta.pk).check_password(NEW["password1"])
    assert AuditEntry.objects.get(action="user.change_password").target == f"user:{binta.pk}"


def test_the_page_of_a_change_says_all_that_holds(client_of_awa, binta, finance):
    binta.groups.add(finance)

    page = client_of_awa.get(rights_page(binta)).content.decode()

    assert "Role: Finance" in page
    assert "What is given waits for a second person." in page


def test_nobody_approves_that_her_own_role_shows_more(client_of_awa, chipo, binta, finance):
    scope = StaffScope.objects.create(group=finance, countries=["CM"])
    allow(finance, "decide")
    binta.groups.add(finance)
    page = reverse("admin:reporting_staffscope_change_bounds", args=[scope.pk])
    client_of_awa.post(page, {"countries": "CM, ga", **WHY})
    assert any("CM, GA" in line for line in show_details(ApprovalRequest.objects.get()))

    with pytest.raises(RightsByOne):
        approve(User.objects.get(pk=binta.pk))
    approve(chipo)

    scope.refresh_from_db()
    assert scope.countries == ["CM", "GA"]


def test_what_a_role_shows_that_changed_meanwhile_is_not_overwritten(client_of_awa, chipo, finance):
    scope = StaffScope.objects.create(group=finance, countries=["CM"])
    page = reverse("admin:reporting_staffscope_change_bounds", args=[scope.pk])
    client_of_awa.post(page, {"countries": "", **WHY})
    StaffScope.objects.update(countries=["GA"])

    with pytest.raises(RightsChanged):
        approve(chipo)

    scope.refresh_from_db()
    assert scope.countries == ["GA"]
