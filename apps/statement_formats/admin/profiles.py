from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Model, OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.widgets import UnfoldAdminSelectWidget

from apps.core.admin import show_time
from apps.providers.registry import PROFILES
from apps.statement_formats.admin.new_version import VersionedByTwo
from apps.statement_formats.models import StatementProfile, StatementProfileVersion
from apps.statement_formats.rules.check_layout import read_layout
from apps.statement_formats.rules.layout_words import layout_words

# The newest: what was long ago is in the database.
VERSIONS_SHOWN = 10


class ProfileForm(forms.ModelForm):  # type: ignore[type-arg]  # Django's takes none.
    connector = forms.ChoiceField(
        label=_("provider"),
        choices=sorted((code, profile.name) for code, profile in PROFILES.items()),
        widget=UnfoldAdminSelectWidget,
    )

    class Meta:
        model = StatementProfile
        fields = ("name", "connector", "provider_account")

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        account = said.get("provider_account")
        if account is not None and account.connector != said.get("connector"):
            self.add_error("provider_account", _("This account is at another provider."))
        return said


@admin.register(StatementProfile)
class StatementProfileAdmin(VersionedByTwo):
    """A profile without a version changes nothing: only whose it is is typed here, once."""

    form = ProfileForm
    list_display = ["name", "public_id", "connector", "account_shown", "version_shown"]
    list_select_related = ["provider_account"]
    list_per_page = 50
    ordering = ["name"]
    search_fields = ["name"]
    actions_detail = ["new_version"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[StatementProfile]:
        latest = StatementProfileVersion.objects.filter(profile=OuterRef("pk")).order_by("-number")
        profiles: QuerySet[StatementProfile] = super().get_queryset(request)
        return profiles.annotate(latest_number=Subquery(latest.values("number")[:1]))

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> list[str]:
        if obj is None:
            return ["name", "connector", "provider_account"]
        return ["name", "public_id", "connector", "account_shown", "versions_shown"]

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> list[str]:
        return self.get_fields(request, obj) if obj else []

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def save_model(
        self,
        request: HttpRequest,
        obj: StatementProfile,
        form: forms.ModelForm[StatementProfile],
        change: bool,
    ) -> None:
        obj.created_at = timezone.now()
        super().save_model(request, obj, form, change)

    @display(description=_("id"))
    def public_id(self, profile: StatementProfile) -> str:
        return profile.public_id

    @display(description=_("provider account"))
    def account_shown(self, profile: StatementProfile) -> str:
        return str(profile.provider_account or _("all"))

    @display(description=_("version"))
    def version_shown(self, profile: StatementProfile) -> str:
        return str(profile.latest_number or "–")  # type: ignore[attr-defined]

    @display(description=_("versions"))
    def versions_shown(self, profile: StatementProfile) -> SafeString:
        newest = profile.versions.order_by("-number")[:VERSIONS_SHOWN]
        versions = [
            {
                "number": version.number,
                "id": version.public_id,
                "valid_from": show_time(version.valid_from),
                "valid_until": version.valid_until and show_time(version.valid_until),
                "words": layout_words(read_layout(version.layout)),
            }
            for version in newest
        ]
        return render_to_string(
            "admin/statement_formats/statementprofile/versions.html", {"versions": versions}
        )
