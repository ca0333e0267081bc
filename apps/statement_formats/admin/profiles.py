from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.widgets import UnfoldAdminSelectWidget

from apps.approvals.admin.show_versions import VersionWords, show_versions
from apps.approvals.admin.versioned import VersionedByTwo
from apps.providers.registry import PROFILES
from apps.statement_formats.admin.new_version import new_version_page
from apps.statement_formats.models import StatementProfile, StatementProfileVersion
from apps.statement_formats.rules.check_layout import read_layout
from apps.statement_formats.rules.layout_words import layout_words


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

    def version_page(self, request: HttpRequest, owner: StatementProfile) -> HttpResponse:
        return new_version_page(self, request, owner)

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

    @display(description=_("provider account"))
    def account_shown(self, profile: StatementProfile) -> str:
        return str(profile.provider_account or _("all"))

    @display(description=_("versions"))
    def versions_shown(self, profile: StatementProfile) -> SafeString:
        def in_words(version: StatementProfileVersion) -> VersionWords:
            words = layout_words(read_layout(version.layout))
            return VersionWords([(label, value, "") for label, value in words])

        return show_versions(
            profile.versions.all(),
            in_words,
            without=_("No version yet: the provider’s connector reads its statements."),
        )
