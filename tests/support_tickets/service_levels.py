from __future__ import annotations

from importlib import import_module

from django.apps import apps

FIRST = import_module("apps.support_tickets.migrations.0004_first_service_levels")


def promise_service_levels() -> None:
    """Those of a new installation, whatever tests before took away."""
    FIRST.add(apps, None)
