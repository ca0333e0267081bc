from __future__ import annotations

from allauth.account.apps import AccountConfig
from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig
from django.utils.translation import gettext_lazy as _


class SignInConfig(AppConfig):
    name = "apps.sign_in"
    verbose_name = _("Sign-in")

    def ready(self) -> None:
        from apps.sign_in import recording  # noqa: F401


class StaffAdminConfig(AdminConfig):
    default_site = "apps.sign_in.admin_site.StaffSite"


class AllauthAccountConfig(AccountConfig):
    """Without the check for its middleware: ours does that on pages, and spares the API."""

    def ready(self) -> None:
        from allauth.account import checks  # noqa: F401
