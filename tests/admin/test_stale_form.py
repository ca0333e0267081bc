"""A form that somebody left open undoes nothing."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from django.contrib import admin as django_admin
from django.contrib.auth.models import Group, User
from django.db.models import BooleanField, CharField, IntegerField
from django.urls import reverse
from django.utils import timezone

from apps.approvals.models import ApprovalStandIn
from apps.audit.admin import AuditedAdmin
from apps.fees.models import FeePlan
from apps.floats.models import FloatWatch
from apps.merchants.models import Member, Merchant
from apps.monitoring.services.make_rules import make_rules
from apps.providers.models import NumberPlanRule, ProviderAccount
from apps.statement_formats.models import StatementProfile
from apps.support_tickets.models import CannedAnswer, Team
from tests.factories import MerchantFactory, ProviderAccountFactory
from tests.support_tickets.service_levels import promise_service_levels

# Made and ended, or made once: nobody changes what stands there.
NEVER_CHANGED = {Group, Member, ApprovalStandIn, StatementProfile}

EDITED = [
    model
    for model, page in django_admin.site._registry.items()
    if isinstance(page, AuditedAdmin) and model not in NEVER_CHANGED
]


class Form(HTMLParser):
    """What a browser would send of the page's longest form."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.sent: dict[str, list[str]] = {}
        self._select = ""
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        name = given.get("name") or ""
        if tag == "select":
            self._select = name
        elif tag == "option" and "selected" in given and self._select:
            self.sent.setdefault(self._select, []).append(given.get("value") or "")
        elif tag == "input" and name and given.get("type") not in {"submit", "file", "button"}:
            is_box = given.get("type") in {"checkbox", "radio"}
            if not is_box or "checked" in given:
                usual = "on" if is_box else ""
                self.sent.setdefault(name, []).append(given.get("value") or usual)
        if tag == "input" and name and given.get("type") == "text" and not given.get("value"):
            self.sent[name] = [""]


def row_of(model):
    if model is Merchant:
        return MerchantFactory(name="Boutique Wouri")
    if model is ProviderAccount:
        return ProviderAccountFactory()
    if model is User:
        return User.objects.create_user("binta", first_name="Binta", is_staff=True)
    if model is Team:
        return Team.objects.create(name="Orange", created_at=timezone.now())
    if model is FloatWatch:
        return FloatWatch.objects.create(provider_account=ProviderAccountFactory(), minimum=1)
    if model is FeePlan:
        return FeePlan.objects.create(name="Wouri", currency="XAF", created_at=timezone.now())
    if model is CannedAnswer:
        return CannedAnswer.objects.create(
            code="here",
            title_fr="Ici",
            title_en="Here",
            body_fr="Bonjour",
            body_en="Hello",
            created_at=timezone.now(),
        )
    if model is NumberPlanRule and not model.objects.exists():
        return NumberPlanRule.objects.create(
            country="CM", prefix="67", operator="mtn", valid_from="2020-01-01"
        )
    # There from the start, unless tests before took them away.
    make_rules()
    promise_service_levels()
    return model.objects.earliest("pk")


def change_elsewhere(row, name):
    """What somebody else saves meanwhile; returns it."""
    field = row._meta.get_field(name)
    value = getattr(row, name)
    if isinstance(field, BooleanField):
        value = not value
    elif isinstance(field, IntegerField):
        value = (value or 0) + 7
    else:
        value = f"{value}9"[-(field.max_length or 9) :]
    type(row).objects.filter(pk=row.pk).update(**{name: value})
    return value


@pytest.mark.parametrize("model", EDITED, ids=lambda model: model.__name__)
def test_a_form_opened_before_anothers_change_is_refused_and_shows_both(admin, model):
    row = row_of(model)
    url = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_change", args=[row.pk])
    shown = Form(admin.get(url).content.decode()).sent
    tried = 0
    columns = {each.name for each in row._meta.concrete_fields}
    for name in [each.removeprefix("initial-") for each in shown if each.startswith("initial-")]:
        # The parameters of a rule are fields of the form, and one column.
        if name not in columns:
            continue
        field = row._meta.get_field(name)
        if not isinstance(field, (BooleanField, IntegerField, CharField)) or field.choices:
            continue
        before = getattr(row, name)
        value = change_elsewhere(row, name)

        answer = admin.post(url, shown, headers={"accept-language": "en"})

        assert answer.status_code == 200, name
        assert "shown as" in answer.content.decode(), name
        assert getattr(model.objects.get(pk=row.pk), name) == value, name
        model.objects.filter(pk=row.pk).update(**{name: before})
        tried += 1
    assert tried > 0


def test_a_closed_account_stays_closed_when_a_weight_is_saved_late(admin):
    account = ProviderAccountFactory(weight=1)
    url = reverse("admin:providers_provideraccount_change", args=[account.pk])
    shown = Form(admin.get(url).content.decode()).sent
    ProviderAccount.objects.update(is_active=False)

    admin.post(url, shown | {"weight": ["3"]})

    account.refresh_from_db()
    assert (account.is_active, account.weight) == (False, 1)


def test_an_unchanged_form_is_saved(admin):
    account = ProviderAccountFactory(weight=1)
    url = reverse("admin:providers_provideraccount_change", args=[account.pk])
    shown = Form(admin.get(url).content.decode()).sent

    admin.post(url, shown | {"weight": ["3"]})

    account.refresh_from_db()
    assert (account.is_active, account.weight) == (True, 3)
