"""What the desk works with: teams and canned answers."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from apps.audit.admin import AuditedAdmin
from apps.support_tickets.models import CannedAnswer, Team


class KeptByDesk(AuditedAdmin):
    """Few rows, which tickets may name: changed and added, never deleted."""

    list_per_page = 50

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        obj.created_at = obj.created_at or timezone.now()
        super().save_model(request, obj, form, change)


@admin.register(Team)
class TeamAdmin(KeptByDesk):
    list_display = ["name", "email"]
    fields = list_display
    ordering = ["name"]
    search_fields = ["=name"]


@admin.register(CannedAnswer)
class CannedAnswerAdmin(KeptByDesk):
    list_display = ["title_shown", "category", "is_active"]
    list_filter = ["category", "is_active"]
    fields = ["code", "category", "title_fr", "body_fr", "title_en", "body_en", "is_active"]
    ordering = ["category", "code"]
    search_fields = ["=code"]

    @display(description=_("title"))
    def title_shown(self, answer: CannedAnswer) -> str:
        return answer.title((get_language() or "fr")[:2])
