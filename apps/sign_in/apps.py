from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from allauth.account.apps import AccountConfig
from django.apps import AppConfig
from django.contrib import admin
from django.contrib.admin.apps import SimpleAdminConfig
from django.contrib.admin.checks import check_admin_app, check_dependencies
from django.core import checks
from django.utils.translation import gettext_lazy as _


class SignInConfig(AppConfig):
    name = "apps.sign_in"
    verbose_name = _("Sign-in")

    def ready(self) -> None:
        from apps.sign_in import recording  # noqa: F401


class StaffAdminConfig(SimpleAdminConfig):
    """Without its pages, which config.urls reads: half the start of a process that serves none."""

    default_site = "apps.sign_in.admin_site.StaffSite"

    def ready(self) -> None:
        checks.register(check_dependencies, checks.Tags.admin)
        checks.register(_check_every_page, checks.Tags.admin)


def _check_every_page(
    app_configs: Sequence[AppConfig] | None, **kwargs: Any
) -> list[checks.CheckMessage]:
    admin.autodiscover()
    return check_admin_app(app_configs, **kwargs)


class AllauthAccountConfig(AccountConfig):
    """Without the check for its middleware: ours does that on pages, and spares the API."""

    def ready(self) -> None:
        from allauth.account import checks  # noqa: F401
