"""What a list shows, its filters and its search have in common."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib import admin as django_admin
from django.contrib.admin.templatetags import admin_urls
from django.template.base import Variable, VariableDoesNotExist
from django.urls import reverse
from django.utils import timezone

from apps.audit.models import AuditEntry
from apps.audit.services.record import record
from apps.core.admin import LIST_ZONE, ReadOnlyAdmin, ZonedDayFilter
from apps.reconciliation.models import Discrepancy
from tests.admin.conftest import make_rows
from tests.admin.test_pages import MODELS, address
from tests.factories import MerchantFactory, PaymentFactory

READ_ONLY = [
    model for model in MODELS if isinstance(django_admin.site._registry[model], ReadOnlyAdmin)
]

# A few rows for each merchant or each decision of a person: reading them all is a moment.
SMALL = {"ApiKey", "Endpoint", "Account", "ApprovalRequest"}


def shown(client, url, **query):
    html = client.get(url, query).content.decode()
    return re.sub(r"<[^>]+>|&nbsp;", " ", html).replace("\u00a0", " ")


@pytest.mark.parametrize("hour", [0, 23])
def test_a_payment_is_found_under_the_day_that_its_list_shows(admin, hour):
    admin.cookies["django_language"] = "en"
    at = datetime(2026, 3, 10, hour, 30, tzinfo=UTC)
    payment = PaymentFactory(merchant=MerchantFactory(timezone="Africa/Douala"), created_at=at)
    url = reverse("admin:payments_payment_changelist")

    day = {"created_at_from": "2026-03-10", "created_at_to": "2026-03-10"}
    text = shown(admin, url, **day)
    before = shown(admin, url, created_at_from="2026-03-09", created_at_to="2026-03-09")

    assert payment.public_id in text
    assert f"10 March 2026 {hour:02}:30:00 UTC" in text
    assert f"created ({LIST_ZONE})" in text
    assert payment.public_id not in before


def test_a_discrepancy_is_found_under_the_day_that_its_list_shows(admin):
    make_rows(1)
    at = datetime(2026, 3, 10, 23, 30, tzinfo=UTC)
    Discrepancy.objects.update(opened_at=at)
    discrepancy = Discrepancy.objects.get()
    url = reverse("admin:reconciliation_discrepancy_changelist")

    same = shown(admin, url, opened_at_from="2026-03-10", opened_at_to="2026-03-10")
    next_day = shown(admin, url, opened_at_from="2026-03-11", opened_at_to="2026-03-11")

    assert discrepancy.public_id in same and "10 mars 2026 23:30:00 UTC" in same
    assert discrepancy.public_id not in next_day


@pytest.mark.parametrize("model", READ_ONLY, ids=lambda model: model._meta.model_name)
def test_every_search_has_an_index_or_a_period(model):
    model_admin = django_admin.site._registry[model]
    unaided = [name for name in model_admin.search_fields if not _is_indexed(model, name)]
    periods = [
        part[1]
        for part in model_admin.list_filter
        if isinstance(part, tuple) and issubclass(part[1], ZonedDayFilter)
    ]

    assert not unaided or model.__name__ in SMALL or any(one.has_search_days for one in periods)


def test_no_row_and_no_entry_of_the_menu_asks_for_what_is_not_there(admin, monkeypatch):
    missing = []
    find = Variable._resolve_lookup

    def note_missing(variable, context):
        try:
            return find(variable, context)
        except VariableDoesNotExist:
            missing.append(variable.var)
            raise

    monkeypatch.setattr(Variable, "_resolve_lookup", note_missing)

    def asked():
        missing.clear()
        assert admin.get(reverse("admin:payments_payment_changelist")).status_code == 200
        return sorted(missing)

    PaymentFactory()
    asked()
    of_one = asked()
    PaymentFactory()
    PaymentFactory()

    assert asked() == of_one
    assert not [name for name in of_one if name.startswith(("item.", "group."))]


def test_a_search_of_the_audit_trail_looks_at_the_last_days_unless_told_otherwise(admin):
    now = timezone.now()
    record(actor="system", action="test.old", target="thing", now=now - timedelta(days=60))
    record(actor="system", action="test.new", target="thing", now=now)
    url = reverse("admin:audit_auditentry_changelist")
    since = (now - timedelta(days=90)).date().isoformat()

    recent = shown(admin, url, q="thing")
    older = shown(admin, url, q="thing", created_at_from=since)

    assert AuditEntry.objects.filter(target="thing").count() == 2
    assert "test.new" in recent and "test.old" not in recent
    assert "test.new" in older and "test.old" in older


def _is_indexed(model, name):
    field = model._meta.get_field(name)
    leading = {index.fields[0] for index in model._meta.indexes if index.fields}
    leading |= {one.fields[0] for one in model._meta.constraints if getattr(one, "fields", ())}
    return field.primary_key or field.unique or field.db_index or field.name in leading


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_what_can_be_no_rows_id_is_not_acted_on(admin, model):
    admin.raise_request_exception = False
    url = address(model, "changelist")
    page = admin.get(url)
    # A report stands in the place of a list: there is nothing to tick.
    shown_list = page.context.get("cl")
    actions = shown_list.model_admin.get_actions(page.wsgi_request) if shown_list else ()

    for action in actions:
        ticked = {"action": action, "_selected_action": ["�", "\0", "9e9", ""], "index": "0"}
        assert admin.post(url, ticked, follow=True).status_code == 200, action


def test_a_row_of_a_list_draws_one_template_and_looks_up_no_address(admin, monkeypatch):
    url = f"{reverse('admin:payments_payment_changelist')}?livemode__exact=0"
    looked_up = []
    resolve = admin_urls.resolve
    monkeypatch.setattr(admin_urls, "resolve", lambda *a: looked_up.append(a) or resolve(*a))
    drawn, looks = [], []
    for count in (2, 10):
        PaymentFactory.create_batch(count)
        # Labels and boxes are drawn once a process.
        admin.get(url)
        looked_up.clear()
        page = admin.get(url)
        drawn.append(len(page.templates))
        looks.append(len(looked_up))

    assert page.content.count(b'name="_selected_action"') == 12
    assert drawn[1] - drawn[0] == 10
    assert looks[1] == looks[0]


def test_the_link_of_a_row_keeps_the_filters_and_the_box_speaks_the_readers_language(admin):
    payment = PaymentFactory()
    url = reverse("admin:payments_payment_changelist")
    row = reverse("admin:payments_payment_change", args=[payment.pk])

    for language, box in (("fr", "Sélectionner la ligne"), ("en", "Select record")):
        admin.cookies["django_language"] = language
        html = admin.get(url, {"livemode__exact": "0"}).content.decode()

        assert f'href="{row}?_changelist_filters=livemode__exact%3D0"' in html
        assert re.search(f'value="{payment.pk}"[^>]*aria-label="{box}"', html)
