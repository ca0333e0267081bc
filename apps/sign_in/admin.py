"""Sessions and second factors of others: superusers look, and end them."""

from __future__ import annotations

import allauth.account.admin
import allauth.mfa.admin
import allauth.usersessions.admin  # noqa: F401
from allauth.account.models import EmailAddress, EmailConfirmation
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.decorators import display

from apps.audit.admin import actor_of
from apps.core.admin import ReadOnlyAdmin, show_long, show_time
from apps.sign_in.services.end_sessions import end_sessions

# allauth shows its tables by itself, secrets included.
for model in (EmailAddress, EmailConfirmation, Authenticator, UserSession):
    if admin.site.is_registered(model):
        admin.site.unregister(model)


class OfPeople(ReadOnlyAdmin):
    """For superusers only; found by the exact name of the person."""

    list_select_related = ["user"]
    search_help_text = _("Exactly a person’s login.")

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return bool(request.user.is_active and request.user.is_superuser)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_end_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def matching(self, text: str) -> Q:
        return Q(user__username=text.replace("\0", ""))

    @display(description=_("person"))
    def person(self, row: UserSession | Authenticator) -> str:
        return str(row.user.get_username())


@admin.register(UserSession)
class UserSessionAdmin(OfPeople):
    list_display = ["person", "ip", "device", "begun", "seen"]
    fields = ["person", "ip", "device", "begun", "seen"]
    readonly_fields = fields
    search_fields = ["user"]
    actions = ["end"]

    @admin.action(description=_("End the session"), permissions=["end"])
    def end(self, request: HttpRequest, queryset: QuerySet[UserSession]) -> None:
        count = end_sessions(sessions=list(queryset), actor=actor_of(request), now=timezone.now())
        self.message_user(
            request,
            ngettext("%d session ended.", "%d sessions ended.", count) % count,
            messages.SUCCESS if count else messages.WARNING,
        )

    @display(description=_("device"))
    def device(self, session: UserSession) -> str:
        return show_long(session.user_agent)

    @display(description=_("begun"))
    def begun(self, session: UserSession) -> str:
        return show_time(session.created_at)

    @display(description=_("last seen"))
    def seen(self, session: UserSession) -> str:
        return show_time(session.last_seen_at)


@admin.register(Authenticator)
class AuthenticatorAdmin(OfPeople):
    list_display = ["person", "kind", "added", "used"]
    fields = ["person", "kind", "added", "used"]
    readonly_fields = fields
    search_fields = ["user"]
    actions = ["remove_all"]

    @admin.action(description=_("Remove all second factors of this person"), permissions=["end"])
    def remove_all(
        self, request: HttpRequest, queryset: QuerySet[Authenticator]
    ) -> HttpResponse | None:
        """Two people agree on it, on the page of the person."""
        people = list(User.objects.filter(pk__in=queryset.values("user"))[:2])
        if len(people) == 1:
            return redirect("admin:auth_user_reset_second_factors", people[0].pk)
        self.message_user(request, _("One person at a time."), messages.WARNING)
        return None

    @display(description=_("kind"))
    def kind(self, authenticator: Authenticator) -> str:
        return str(authenticator.get_type_display())

    @display(description=_("added"))
    def added(self, authenticator: Authenticator) -> str:
        return show_time(authenticator.created_at)

    @display(description=_("last used"))
    def used(self, authenticator: Authenticator) -> str:
        return show_time(authenticator.last_used_at)
