"""Who may act for a merchant: two people give it, and one takes it at once."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.widgets import UnfoldAdminSelectWidget

from apps.approvals.admin.asking import ReasonForm, ask_second_person
from apps.audit.admin import SuperuserAdmin
from apps.core.admin import related
from apps.core.visible_rows import visible_rows
from apps.merchants.models import Member, Merchant

MERCHANT = related("merchant", _("merchant"))
GIVE = "member.give"


class MemberForm(ReasonForm):
    merchant = forms.ModelChoiceField(
        label=capfirst(_("merchant")),
        queryset=Merchant.objects.none(),
        widget=UnfoldAdminSelectWidget,
    )
    user = forms.ModelChoiceField(
        label=capfirst(_("person")),
        queryset=User.objects.order_by("username"),
        widget=UnfoldAdminSelectWidget,
    )
    role = forms.ChoiceField(
        label=capfirst(_("role")), choices=Member.Role.choices, widget=UnfoldAdminSelectWidget
    )
    field_order = ["merchant", "user", "role", "reason"]

    def __init__(self, asked_by: Any, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        field: Any = self.fields["merchant"]
        field.queryset = visible_rows(asked_by, Merchant.objects.order_by("name"))

    def as_payload(self) -> dict[str, Any]:
        said = self.cleaned_data
        has = Member.objects.filter(merchant=said["merchant"], user=said["user"]).first()
        return {
            "merchant_id": str(said["merchant"].pk),
            "user_id": said["user"].pk,
            "role": said["role"],
            "role_before": has.role if has else "",
        }


@admin.register(Member)
class MemberAdmin(SuperuserAdmin):
    """Whoever may act for a merchant lets programs do so: superusers ask, and remove."""

    list_display = ["person", MERCHANT, "role", "is_notified"]
    list_filter = ["role"]
    list_filter_submit = True
    list_per_page = 50
    list_select_related = ["merchant", "user"]
    ordering = ["merchant__name", "user__username"]
    search_fields = ["user__username", "merchant__name"]
    search_help_text = _("Part of the login or of the merchant's name.")
    fields = ["merchant", "user", "role", "is_notified"]
    readonly_fields = ["merchant", "user", "role"]

    def add_view(
        self,
        request: HttpRequest,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Also of who has another role there: it takes its place."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = MemberForm(request.user, request.POST or None)
        back = reverse("admin:merchants_member_changelist")
        if form.is_valid() and ask_second_person(
            request,
            form=form,
            action=GIVE,
            target=f"user:{form.cleaned_data['user'].pk}",
            payload=form.as_payload(),
            reason=form.cleaned_data["reason"],
        ):
            return redirect(back)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Let a person act for a merchant"),
            "button": _("Ask a second person"),
            "form": form,
            "media": self.media + form.media,
            "back_url": back,
        }
        return TemplateResponse(request, "admin/form_page.html", context)

    @display(description=_("person"))
    def person(self, member: Member) -> str:
        return member.user.get_username()
