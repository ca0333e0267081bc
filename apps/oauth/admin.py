"""Programs, tokens and certificates to look at, and to end."""

from __future__ import annotations

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext, pgettext_lazy
from oauth2_provider.models import IDToken
from unfold.decorators import display

from apps.audit.admin import actor_of
from apps.core.admin import (
    DayRangeFilter,
    ReadOnlyAdmin,
    related,
    show_label,
    show_mode,
    show_time,
    show_two,
)
from apps.oauth.models import AccessToken, Application, ClientCertificate, Grant, RefreshToken
from apps.oauth.services.delete_application import delete_application
from apps.oauth.services.revoke_access_token import revoke_access_token
from apps.oauth.services.revoke_certificate import revoke_certificate

# The toolkit shows its tables by itself, in its own way.
for model in (Application, Grant, AccessToken, RefreshToken, IDToken):
    admin.site.unregister(model)

MERCHANT = related("merchant", _("merchant"))


@admin.register(Application)
class ApplicationAdmin(ReadOnlyAdmin):
    list_display = ["name", MERCHANT, "client", "mode", "state", "created_shown"]
    list_filter = ["livemode", "is_active"]
    list_select_related = ["merchant"]
    search_fields = ["id", "client_id"]
    search_help_text = _("Exactly the id app_… or the client id.")
    public_id_prefix = "app"
    fields = [
        "name", MERCHANT, "client", "mode", "state", "addresses", "scopes_shown",
        "certificate_bound_tokens", "created_shown",
    ]  # fmt: skip
    readonly_fields = fields
    actions = ["end"]

    def has_end_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("oauth.change_application")

    @admin.action(description=_("Delete, and end all tokens"), permissions=["end"])
    def end(self, request: HttpRequest, queryset: QuerySet[Application]) -> None:
        found = list(queryset.filter(deleted_at=None))
        for application in found:
            delete_application(
                application_id=application.pk, actor=actor_of(request), now=timezone.now()
            )
        self.message_user(
            request,
            ngettext("%d application ended.", "%d applications ended.", len(found)) % len(found),
            messages.SUCCESS if found else messages.WARNING,
        )

    @display(description=_("client id"))
    def client(self, application: Application) -> str:
        return str(application.client_id)

    @display(description=_("mode"))
    def mode(self, application: Application) -> SafeString:
        return show_mode(application.livemode)

    @display(description=_("state"))
    def state(self, application: Application) -> SafeString:
        if application.deleted_at is not None:
            return show_label(pgettext_lazy("feminine", "deleted"), "danger")
        if not application.is_active:
            return show_label(pgettext_lazy("feminine", "switched off"), "warning")
        return show_label(_("usable"), "success")

    @display(description=_("redirect addresses"))
    def addresses(self, application: Application) -> str:
        return "\n".join(application.redirect_addresses) or "–"

    @display(description=_("scopes"))
    def scopes_shown(self, application: Application) -> str:
        return ", ".join(application.scopes)

    @display(description=_("created"))
    def created_shown(self, application: Application) -> str:
        return show_time(application.created_at)


@admin.register(AccessToken)
class AccessTokenAdmin(ReadOnlyAdmin):
    list_display = ["token_id", "program_and_person", MERCHANT, "mode", "state", "expires_shown"]
    list_filter = ["livemode", ("created_at", DayRangeFilter)]
    list_select_related = ["merchant", "application", "user"]
    search_fields = ["id", "application"]
    search_help_text = _("Exactly the id at_… of the token, or an application's UUID.")
    public_id_prefix = "at"
    fields = [
        "token_id", "program", MERCHANT, "mode", "state", "scope_shown", "person",
        "certificate", "created_shown", "expires_shown", "revoked_shown",
    ]  # fmt: skip
    readonly_fields = fields
    actions = ["revoke"]

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("oauth.change_accesstoken")

    @admin.action(description=_("Revoke, with all of the same consent"), permissions=["revoke"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[AccessToken]) -> None:
        found = list(queryset.filter(revoked_at=None))
        for token in found:
            revoke_access_token(
                access_token_id=token.pk, actor=actor_of(request), now=timezone.now()
            )
        self.message_user(
            request,
            ngettext("%d token revoked.", "%d tokens revoked.", len(found)) % len(found),
            messages.SUCCESS if found else messages.WARNING,
        )

    @display(description=_("id"))
    def token_id(self, token: AccessToken) -> str:
        return token.public_id

    @display(description=_("application"))
    def program_and_person(self, token: AccessToken) -> SafeString:
        return show_two(token.application, self.person(token))

    @display(description=_("application"))
    def program(self, token: AccessToken) -> str:
        return str(token.application)

    @display(description=_("mode"))
    def mode(self, token: AccessToken) -> SafeString:
        return show_mode(token.livemode)

    @display(description=_("state"))
    def state(self, token: AccessToken) -> SafeString:
        if token.revoked_at is not None:
            return show_label(_("revoked"), "danger")
        if token.expires <= timezone.now():
            return show_label(_("expired"), "warning")
        return show_label(_("usable"), "success")

    @display(description=_("person"))
    def person(self, token: AccessToken) -> str:
        return token.user.get_username() if token.user else "–"

    @display(description=_("scopes"))
    def scope_shown(self, token: AccessToken) -> str:
        return ", ".join(token.scope.split())

    @display(description=_("certificate"))
    def certificate(self, token: AccessToken) -> str:
        return token.thumbprint or "–"

    @display(description=_("created"))
    def created_shown(self, token: AccessToken) -> str:
        return show_time(token.created_at)

    @display(description=_("expires"))
    def expires_shown(self, token: AccessToken) -> str:
        return show_time(token.expires)

    @display(description=_("revoked"))
    def revoked_shown(self, token: AccessToken) -> str:
        return show_time(token.revoked_at)


@admin.register(ClientCertificate)
class ClientCertificateAdmin(ReadOnlyAdmin):
    list_display = ["certificate", MERCHANT, "mode", "state", "scopes_shown", "until"]
    list_filter = ["livemode"]
    list_select_related = ["merchant"]
    search_fields = ["id", "thumbprint"]
    search_help_text = _("Exactly the id ccert_… or the SHA-256.")
    public_id_prefix = "ccert"
    fields = [
        "certificate", MERCHANT, "mode", "state", "subject_shown", "thumbprint_shown",
        "scopes_shown", "since", "until", "revoked_shown",
    ]  # fmt: skip
    readonly_fields = fields
    actions = ["revoke"]

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("oauth.change_clientcertificate")

    @admin.action(description=_("Revoke"), permissions=["revoke"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[ClientCertificate]) -> None:
        found = list(queryset.filter(revoked_at=None))
        for certificate in found:
            revoke_certificate(
                certificate_id=certificate.pk, actor=actor_of(request), now=timezone.now()
            )
        self.message_user(
            request,
            ngettext("%d certificate revoked.", "%d certificates revoked.", len(found))
            % len(found),
            messages.SUCCESS if found else messages.WARNING,
        )

    @display(description=_("client certificate"))
    def certificate(self, certificate: ClientCertificate) -> str:
        return str(certificate)

    @display(description=_("mode"))
    def mode(self, certificate: ClientCertificate) -> SafeString:
        return show_mode(certificate.livemode)

    @display(description=_("state"))
    def state(self, certificate: ClientCertificate) -> SafeString:
        if certificate.revoked_at is not None:
            return show_label(_("revoked"), "danger")
        if not certificate.not_before <= timezone.now() < certificate.not_after:
            return show_label(_("expired"), "warning")
        return show_label(_("usable"), "success")

    @display(description=_("subject"))
    def subject_shown(self, certificate: ClientCertificate) -> str:
        return certificate.subject

    @display(description=_("thumbprint"))
    def thumbprint_shown(self, certificate: ClientCertificate) -> str:
        return certificate.thumbprint

    @display(description=_("scopes"))
    def scopes_shown(self, certificate: ClientCertificate) -> str:
        return ", ".join(certificate.scopes)

    @display(description=_("valid from"))
    def since(self, certificate: ClientCertificate) -> str:
        return show_time(certificate.not_before)

    @display(description=_("valid until"))
    def until(self, certificate: ClientCertificate) -> str:
        return show_time(certificate.not_after)

    @display(description=_("revoked"))
    def revoked_shown(self, certificate: ClientCertificate) -> str:
        return show_time(certificate.revoked_at)
