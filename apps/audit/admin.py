"""The audit trail, the class for what staff may edit, and stuck work.

Stuck work is core's, which may not know of the audit trail.
"""

from __future__ import annotations

import contextlib
from datetime import date, datetime, timedelta
from typing import Any

from django.contrib import admin, messages
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.db.models import Model, QuerySet
from django.forms import BaseModelForm
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from psycopg.errors import UniqueViolation
from unfold.decorators import display

from apps.audit.models import AuditEntry
from apps.audit.services.record import record
from apps.audit.stale_form import RefusesStale
from apps.core import database_clock
from apps.core.admin import (
    DAYS_SHOWN,
    ActsOnRows,
    ReadOnlyAdmin,
    ZonedDayFilter,
    pretty_json,
    show_block,
    show_code,
    show_time,
    show_two,
)
from apps.core.models import OutboxMessage
from apps.core.staff_text import StaffText
from apps.core.work import outbox


def actor_of(request: HttpRequest) -> str:
    return f"user:{request.user.pk}"


def show_person(actor: str) -> str:
    """The name of who did it, as the audit trail keeps her: "user:<id>". One query."""
    kind, _sep, number = actor.partition(":")
    if kind != "user" or not number.isdigit():
        return actor or "–"
    users = get_user_model()._default_manager.filter(pk=int(number))
    name = users.values_list("username", flat=True).first()
    return f"{name} ({actor})" if name else actor


class AuditedAdmin(ActsOnRows):
    """Rows that staff may edit: every change leaves who, what, before and after, or is undone."""

    # Fields whose change is told without their values: what is told is never erased.
    audited_without_values: tuple[str, ...] = ()

    form: Any = RefusesStale

    def changeform_view(self, request: HttpRequest, *args: Any, **more: Any) -> HttpResponse:
        try:
            response: HttpResponse = super().changeform_view(request, *args, **more)
        except IntegrityError as error:
            if not isinstance(error.__cause__, UniqueViolation):
                raise
            # Somebody saved the same meanwhile, as a second click does: nothing of this one was.
            # Now its form finds that, and says so at its field.
            response = super().changeform_view(request, *args, **more)
        return response

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        # Addresses, slugs and the like have fields of their own.
        if type(db_field) in {models.CharField, models.TextField}:
            kwargs.setdefault("form_class", StaffText)
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field is not None:
            field.show_hidden_initial = True
        return field

    def get_object(self, request: HttpRequest, object_id: str, from_field: Any = None) -> Any:
        if request.method == "POST":
            # What the form is compared with stays so until it is saved.
            with contextlib.suppress(ValueError, ValidationError):
                list(self.model._default_manager.select_for_update().filter(pk=object_id))
        return super().get_object(request, object_id, from_field)

    def construct_change_message(
        self, request: HttpRequest, form: Any, formsets: Any, add: bool = False
    ) -> list[dict[str, Any]]:
        message: list[dict[str, Any]] = super().construct_change_message(
            request, form, formsets, add
        )
        if isinstance(form, BaseModelForm):
            for part in message:
                for act in ("added", "changed"):
                    if act in part:
                        part[act]["values"] = self._values(form)
        return message

    def _values(self, form: BaseModelForm[Any]) -> dict[str, list[Any]]:
        """What was edited, as [before, after]; never a password."""
        return {
            name: [_plain(form.initial.get(name)), _plain(form.cleaned_data.get(name))]
            for name in form.changed_data
            if "password" not in name and name not in self.audited_without_values
        }

    def log_addition(self, request: HttpRequest, obj: Model, message: Any) -> Any:
        self._record(request, "add", obj, message)
        return super().log_addition(request, obj, message)

    def log_change(self, request: HttpRequest, obj: Model, message: Any) -> Any:
        if message:
            self._record(request, "change", obj, message)
        return super().log_change(request, obj, message)

    def log_deletions(self, request: HttpRequest, queryset: QuerySet[Any]) -> Any:
        for obj in queryset:
            self._record(request, "delete", obj, [])
        return super().log_deletions(request, queryset)

    def _record(self, request: HttpRequest, verb: str, obj: Model, message: Any) -> None:
        record(
            actor=actor_of(request),
            action=f"{self.opts.model_name}.{verb}",
            target=getattr(obj, "public_id", "") or str(obj.pk),
            detail={"changes": message},
            now=timezone.now(),
        )


class SuperuserAdmin(AuditedAdmin):
    """Rows that only superusers change: with roles, others could give themselves any right."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return _is_superuser(request)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return _is_superuser(request)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return _is_superuser(request)


def _is_superuser(request: HttpRequest) -> bool:
    return bool(request.user.is_active and request.user.is_superuser)


def _plain(value: Any) -> Any:
    if isinstance(value, (str, int, float, bool)) or value is None:
        return value
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    if isinstance(value, (list, tuple, set, QuerySet)):
        return [str(item) for item in value]
    return str(value)


class SearchedDaysFilter(ZonedDayFilter):
    """A search looks at the last DAYS_SHOWN days unless others are chosen: what it compares has
    no index, and the trail is never thinned."""

    has_search_days = True

    def days(self) -> tuple[datetime | None, datetime | None]:
        first, last = super().days()
        if first is None and self.request is not None and self.request.GET.get("q"):
            first = (last or timezone.now()) - timedelta(days=DAYS_SHOWN)
        return first, last


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyAdmin):
    list_display = ["at", "actor_and_action", "target", "is_sealed"]
    list_filter = [("created_at", SearchedDaysFilter)]
    search_fields = ["target", "actor", "action"]
    search_help_text = _(
        "Exactly an object’s id, an actor (user:7) or an action, within the days chosen; "
        "without any, within the last 31."
    )
    fields = [
        "at", "actor_shown", "action_shown", "target", "detail_shown", "position", "hash",
    ]  # fmt: skip
    readonly_fields = fields

    @display(description=_("at"))
    def at(self, entry: AuditEntry) -> str:
        return show_time(entry.created_at)

    @display(description=_("actor and action"))
    def actor_and_action(self, entry: AuditEntry) -> SafeString:
        return show_two(show_code(entry.actor), show_code(entry.action))

    @display(description=_("actor"))
    def actor_shown(self, entry: AuditEntry) -> SafeString:
        return show_code(entry.actor)

    @display(description=_("action"))
    def action_shown(self, entry: AuditEntry) -> SafeString:
        return show_code(entry.action)

    @display(description=_("sealed"), boolean=True)
    def is_sealed(self, entry: AuditEntry) -> bool:
        return entry.position is not None

    @display(description=_("detail"))
    def detail_shown(self, entry: AuditEntry) -> SafeString:
        return show_block(pretty_json(entry.detail))

    @display(description=_("hash"))
    def hash(self, entry: AuditEntry) -> str:
        return bytes(entry.chain_hash).hex() if entry.chain_hash else "–"


class StuckFilter(admin.EmptyFieldListFilter):
    """What a person has to look at, unless something else is asked for."""

    def __init__(
        self,
        field: Any,
        request: HttpRequest,
        params: Any,
        model: type[Model],
        model_admin: Any,
        field_path: str,
    ) -> None:
        asked = f"{field_path}__isempty"
        if asked not in params and not request.GET.get("q"):
            params = {**params, asked: ["0"]}
        super().__init__(field, request, params, model, model_admin, field_path)


@admin.register(OutboxMessage)
class OutboxMessageAdmin(ReadOnlyAdmin):
    """Work that is not done yet. Of its errors only the kind is shown: they may quote a payer."""

    list_display = ["topic", "needs_person", "tries", "error", "next_try", "created"]
    list_filter = [("needs_person_since", StuckFilter)]
    search_fields = ["id", "topic"]
    search_help_text = _("Exactly an id or a topic.")
    fields = [
        "uuid", "topic", "payload_shown", "needs_person", "tries", "error", "next_try", "created",
    ]  # fmt: skip
    readonly_fields = fields
    actions = ["try_again"]
    actions_without_step_up = actions

    def has_act_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("core.change_outboxmessage")

    @admin.action(description=_("Try again"), permissions=["act"])
    def try_again(self, request: HttpRequest, queryset: QuerySet[OutboxMessage]) -> None:
        now = database_clock.now()
        ids = list(queryset.values_list("pk", flat=True))
        with transaction.atomic():
            count = outbox.try_again(ids, now=now)
            for message_id in ids:
                record(
                    actor=actor_of(request),
                    action="outboxmessage.try_again",
                    target=str(message_id),
                    now=now,
                )
        self.message_user(
            request,
            ngettext("%d message is tried again.", "%d messages are tried again.", count) % count,
            messages.SUCCESS if count else messages.WARNING,
        )

    @display(description=_("needs a person since"))
    def needs_person(self, message: OutboxMessage) -> str:
        return show_time(message.needs_person_since)

    @display(description=_("error"))
    def error(self, message: OutboxMessage) -> str:
        return message.last_error.partition(":")[0] or "–"

    @display(description=_("next try"))
    def next_try(self, message: OutboxMessage) -> str:
        return show_time(message.available_at)

    @display(description=_("created"))
    def created(self, message: OutboxMessage) -> str:
        return show_time(message.created_at)

    @display(description=_("payload"))
    def payload_shown(self, message: OutboxMessage) -> SafeString:
        return show_block(pretty_json(message.payload))
