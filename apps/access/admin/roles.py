"""Roles: what one allows is taken from it at once, and two people agree on what is added."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.models import Group, Permission
from django.core.exceptions import PermissionDenied
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from apps.access.admin.as_shown import AsShown
from apps.access.selectors.describe_rights import permission_lines, right_in_words
from apps.access.selectors.roles_that_bind import binding_roles
from apps.access.services.narrow_role import narrow_role
from apps.approvals.admin.change_page import change_page
from apps.audit.admin import SuperuserAdmin, actor_of
from apps.core import database_clock
from apps.core.admin import show_lines

ROLE = "role.permissions"


# Django's own class does not look like the rest and is not audited.
admin.site.unregister(Group)


class PermissionsForm(AsShown):
    permissions = forms.ModelMultipleChoiceField(
        label=_("permissions"),
        required=False,
        queryset=Permission.objects.none(),
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
    )
    field_order = ["permissions", "reason"]

    def __init__(self, queryset: QuerySet[Permission], *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        field: Any = self.fields["permissions"]
        field.queryset = queryset
        field.label_from_instance = right_in_words


@admin.register(Group)
class GroupAdmin(SuperuserAdmin, DjangoGroupAdmin):
    list_per_page = 50
    filter_horizontal = ()
    fields = ["name", "permissions_shown"]
    readonly_fields = ["permissions_shown"]
    actions_detail = ["change_permissions"]

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Of one that binds somebody only what binds by it is taken away first."""
        binds = obj is not None and obj.pk in binding_roles()
        return super().has_delete_permission(request, obj) and not binds

    def has_permissions_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return self.has_change_permission(request)

    @action(
        description=_("Change what it allows"),
        url_path="permissions",
        permissions=["permissions"],
        icon="badge",
    )
    def change_permissions(self, request: HttpRequest, object_id: str) -> HttpResponse:
        if not self.has_permissions_permission(request):
            raise PermissionDenied
        number = int(object_id) if object_id.isdecimal() and len(object_id) < 10 else 0
        role: Group = get_object_or_404(self.get_queryset(request), pk=number)
        has = frozenset(role.permissions.values_list("pk", flat=True))
        choices = self._choices()
        form = PermissionsForm(
            choices,
            request.POST or None,
            shown=sorted(has),
            initial={"permissions": sorted(has)},
        )

        def wanted() -> frozenset[int]:
            # What has no page here is not on the form: it stays.
            hidden = has - set(choices.values_list("pk", flat=True))
            return hidden | {one.pk for one in form.cleaned_data["permissions"]}

        if form.is_valid():
            has = narrow_role(
                role_id=role.pk,
                wanted=(asked := wanted()),
                actor=actor_of(request),
                now=database_clock.now(),
            )
            if has == asked:
                self.message_user(request, _("This holds at once."), messages.SUCCESS)
                return redirect("admin:auth_group_change", role.pk)
            form.shows_now(sorted(has))
        return change_page(
            request,
            role,
            action=ROLE,
            form=form,
            payload=lambda: {
                "role_id": role.pk,
                "before": sorted(has),
                "after": sorted(wanted()),
            },
            title=_("What the role %(role)s allows") % {"role": role},
            now=[_("What is taken is taken at once. What is given waits for a second person.")],
            target=f"role:{role.pk}",
        )

    def _choices(self) -> QuerySet[Permission]:
        """Only what has a page here; the rest of Django's tables is nobody's business."""
        shown = Q(pk__in=[])
        for model in self.admin_site._registry:
            shown |= Q(
                content_type__app_label=model._meta.app_label,
                content_type__model=model._meta.model_name,
            )
        return Permission.objects.filter(shown).select_related("content_type")

    @display(description=_("permissions"))
    def permissions_shown(self, role: Group) -> SafeString | str:
        if role.pk is None:
            return str(_("Once the role is there: nobody has it yet."))
        return show_lines(permission_lines(role.permissions.values_list("pk", flat=True)))
