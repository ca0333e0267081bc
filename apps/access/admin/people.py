"""Accounts of people: what is taken is taken at once; on what is given two people agree."""

from __future__ import annotations

from typing import Any, ClassVar

from allauth.mfa.models import Authenticator
from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import UsernameField
from django.contrib.auth.models import Group, User
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display
from unfold.forms import AdminPasswordChangeForm, UserCreationForm
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldBooleanSwitchWidget

from apps.access.admin.as_shown import AsShown
from apps.access.rules.staff_rights import StaffRights
from apps.access.selectors.describe_rights import person_lines, rights_lines
from apps.access.services.narrow_rights import narrow_rights
from apps.approvals.admin.asking import ReasonForm
from apps.approvals.admin.change_page import change_page
from apps.audit.admin import SuperuserAdmin, actor_of
from apps.audit.stale_form import RefusesStale
from apps.core import database_clock
from apps.core.admin import show_lines, show_time
from apps.merchants.models import Member

RIGHTS, SECOND_FACTORS, PASSWORD = (
    "user.rights",
    "user.reset_second_factors",
    "user.take_password",
)


CHANGES_IT_HERSELF = _(
    "She changes her password herself. If she forgot it, ask for it to be taken."
)

# Django's own class does not look like the rest and is not audited.
admin.site.unregister(User)


class RefusesStaleUser(RefusesStale, forms.ModelForm):  # type: ignore[type-arg]
    """Without Django's field of the password: it leads to a form that refuses most."""

    class Meta:
        model = User
        fields = "__all__"
        field_classes: ClassVar = {"username": UsernameField}


class RightsForm(AsShown):
    is_active = forms.BooleanField(
        label=_("The account is on"), required=False, widget=UnfoldBooleanSwitchWidget
    )
    is_staff = forms.BooleanField(
        label=_("Staff: comes into the admin"), required=False, widget=UnfoldBooleanSwitchWidget
    )
    is_superuser = forms.BooleanField(
        label=_("Superuser: may do everything"), required=False, widget=UnfoldBooleanSwitchWidget
    )
    roles = forms.ModelMultipleChoiceField(
        label=_("roles"),
        required=False,
        queryset=Group.objects.order_by("name"),
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
    )
    field_order = ["is_active", "is_staff", "is_superuser", "roles", "reason"]

    def wanted(self) -> StaffRights:
        said = self.cleaned_data
        return StaffRights(
            said["is_active"],
            said["is_staff"],
            said["is_superuser"],
            frozenset(role.pk for role in said["roles"]),
        )


@admin.register(User)
class UserAdmin(SuperuserAdmin, DjangoUserAdmin):  # type: ignore[type-arg]  # Django's takes none.
    form = RefusesStaleUser
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    audited_without_values = ("username", "first_name", "last_name", "email")
    list_display = ["username", "full_name", "email", "is_active", "is_staff", "is_superuser"]
    list_filter = ["is_active", "is_staff", "groups"]
    list_per_page = 50
    # Rights come from roles: what one person may do is then said in one place.
    fieldsets = [
        (None, {"fields": ["username", "password_shown"]}),
        (_("Person"), {"fields": ["first_name", "last_name", "email"]}),
        (_("Rights"), {"fields": ["rights_shown"]}),
        (_("Dates"), {"fields": ["last_login_shown", "joined_shown"]}),
    ]
    # unfold's class, which comes first, has none: without them a new person has no name.
    add_fieldsets = [(None, {"fields": ["username", "password1", "password2"]})]
    readonly_fields = ["password_shown", "rights_shown", "last_login_shown", "joined_shown"]
    filter_horizontal = ()
    actions_detail = ["change_rights", "reset_second_factors", "take_password"]

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        # The audit trail names its actors by id: an account is closed, not deleted.
        return False

    def has_rights_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return self.has_change_permission(request)

    @action(
        description=_("Change the rights"),
        url_path="rights",
        permissions=["rights"],
        icon="badge",
    )
    def change_rights(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """What is taken is taken at once, and what is given is asked for."""
        user = self._person(request, object_id)
        has = StaffRights.of(user)
        initial = {**has.as_json(), "roles": sorted(has.roles)}
        form = RightsForm(request.POST or None, shown=has.as_json(), initial=initial)
        if form.is_valid():
            wanted, now = form.wanted(), database_clock.now()
            has = narrow_rights(user_id=user.pk, wanted=wanted, actor=actor_of(request), now=now)
            if has == wanted:
                self.message_user(request, _("This holds at once."), messages.SUCCESS)
                return redirect("admin:auth_user_change", user.pk)
            form.shows_now(has.as_json())
        return change_page(
            request,
            user,
            action=RIGHTS,
            form=form,
            payload=lambda: {
                "user_id": user.pk,
                "before": has.as_json(),
                "after": form.wanted().as_json(),
            },
            title=_("Rights of %(person)s") % {"person": user},
            now=[
                *person_lines(user),
                *rights_lines(has),
                _("What is taken is taken at once. What is given waits for a second person."),
            ],
            target=f"user:{user.pk}",
        )

    @action(
        description=_("Remove all second factors"),
        url_path="second-factors",
        permissions=["rights"],
        icon="lock_reset",
    )
    def reset_second_factors(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._ask_page(
            request,
            object_id,
            SECOND_FACTORS,
            _("Remove all second factors"),
            _("She signs in with her password then, and adds a new one. Her sessions end."),
        )

    @action(
        description=_("Take the password, so that a new one is set"),
        url_path="take-password",
        permissions=["rights"],
        icon="password",
    )
    def take_password(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._ask_page(
            request,
            object_id,
            PASSWORD,
            _("Take the password, so that a new one is set"),
            _("She cannot sign in then until a superuser sets her a new one. Her sessions end."),
        )

    def _ask_page(
        self,
        request: HttpRequest,
        object_id: str,
        act: str,
        title: str | Promise,
        said: str | Promise,
    ) -> HttpResponse:
        user = self._person(request, object_id)
        return change_page(
            request,
            user,
            action=act,
            form=ReasonForm(request.POST or None),
            payload=lambda: {"user_id": user.pk},
            title=title,
            now=[*person_lines(user), said],
            target=f"user:{user.pk}",
        )

    def user_change_password(
        self, request: HttpRequest, id: str, form_url: str = ""
    ) -> HttpResponse:
        """Her own, or of who has no password, or never signed in and has no right: whoever could
        set a colleague's would be two people."""
        user = self.get_object(request, id)
        if user is not None and user.pk != request.user.pk and _is_somebody(user):
            self.message_user(request, CHANGES_IT_HERSELF, messages.ERROR)
            return redirect("admin:auth_user_change", user.pk)
        answer: HttpResponse = super().user_change_password(request, id, form_url)
        return answer

    def _person(self, request: HttpRequest, object_id: str) -> User:
        if not self.has_rights_permission(request):
            raise PermissionDenied
        number = int(object_id) if object_id.isdecimal() and len(object_id) < 10 else 0
        found: User = get_object_or_404(self.get_queryset(request), pk=number)
        return found

    @display(description=_("Rights"))
    def rights_shown(self, user: User) -> SafeString:
        return show_lines(rights_lines(StaffRights.of(user)))

    @display(description=_("password"))
    def password_shown(self, user: User) -> str | Promise | SafeString:
        if _is_somebody(user):
            return CHANGES_IT_HERSELF
        url = reverse("admin:auth_user_password_change", args=[user.pk])
        return format_html('<a class="lomi-link" href="{}">{}</a>', url, _("Set a password"))

    @display(description=_("last login"))
    def last_login_shown(self, user: User) -> str:
        return show_time(user.last_login)

    @display(description=_("date joined"))
    def joined_shown(self, user: User) -> str:
        return show_time(user.date_joined)

    @display(description=_("name"))
    def full_name(self, user: User) -> str:
        return user.get_full_name() or "–"


def _is_somebody(user: User) -> bool:
    """Who signs in with a password, or did: one person takes her rights, and gives nobody her
    name."""
    return user.has_usable_password() and (
        user.last_login is not None
        or user.is_staff
        or user.is_superuser
        or user.groups.exists()
        or Member.objects.filter(user=user).exists()
        or Authenticator.objects.filter(user=user).exists()
    )
