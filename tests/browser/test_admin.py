"""Every page of the admin, found by its routes: a new page is looked at without a word here."""

from __future__ import annotations

from collections.abc import Hashable
from typing import NamedTuple
from urllib.parse import unquote

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import User
from django.template.loader import select_template
from django.test import RequestFactory
from django.urls import NoReverseMatch, URLPattern, URLResolver, reverse

from apps.core.admin import ReadOnlyAdmin
from apps.orchestration.selectors.load_attempts import load_attempts
from apps.payments.models import Payment, PaymentStatus
from apps.settlement.admin.cycles import WISHES
from apps.settlement.models import BankFile, Settlement, SettlementCycle
from apps.settlement.services.decide_settlement import Decision
from tests.browser.conftest import ALL, LANGUAGES_OF_WORK
from tests.browser.rows import make_every_row, rows_of_each_state

pytestmark = pytest.mark.django_db(transaction=True)

MODELS = sorted(admin.site._registry, key=lambda model: model._meta.label)
# So many tests of each language, for as many workers.
PARTS = {"fr": 3, "en": 3} if ALL else {"fr": 2, "en": 1}
OF_EACH_LANGUAGE = pytest.mark.parametrize(
    ("language", "part"), [(name, part) for name, parts in PARTS.items() for part in range(parts)]
)
# One template whatever the model or the application: `make test` looks at one of each.
SAME_FOR_EVERY_MODEL = ("_history", "_delete", "app_list")
# What every model has, each by a template; `make test` looks at the fullest of each template.
OF_EVERY_MODEL = {
    f"{model._meta.app_label}_{model._meta.model_name}_{page}": (model, page)
    for model in MODELS
    for page in ("changelist", "change", "add")
}
TEMPLATES = {"changelist": "change_list", "change": "change_form", "add": "change_form"}
# `make test` looks at so many states of a model's rows.
STATES_MAX = None if ALL else 1
# Routes that answer a page's own script, or lead on to another page.
NOT_PAGES = {
    "jsi18n", "autocomplete", "view_on_site", "logout", "search", "toggle_sidebar",
    "support_tickets_attachment", "support_tickets_presence",
    "payout_batches_line", "payout_batches_discard", "payout_batches_problems",
    "settlement_file", "reconciliation_day_report", "day_reports_file",
    "approvals_evidence",
    "approvals_rejection_evidence",
    # Of a plan with a planned version alone: test_fee_plans.py.
    "fees_feeplan_take_back",
    # Of a plan that has not begun alone: tests/fees/test_admin.py.
    "fees_merchantfeeplan_take_back",
    # Seen as the officer works: test_officers_morning.py.
    "reconciliation_desk_act", "reconciliation_row", "reconciliation_undo", "reconciliation_views",
}  # fmt: skip
# Pages of one form, by the word in their address.
ACTS = {
    "settlement_bank_file_act": (
        BankFile,
        ("ask", "discard", "deliver", "stop", "annul", "sent", "answer"),
    ),
    "settlement_decide": (Settlement, Decision.values),
    "settlement_hold_back": (SettlementCycle, WISHES),
}
# Asked of a live key alone.
OF_LIVE_KEYS = {"merchants_apikey_ask_money_out", "merchants_apikey_ask_approval"}
# Actions that show nothing: a browser saves what they answer.
HAND_OUT_FILES = {"take_pack"}


def routes(patterns, prefix=""):
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns, prefix)
        elif isinstance(pattern, URLPattern) and pattern.name:
            yield pattern


def addresses():
    """(route, address) of every page; of a model's page, one for each state of its rows."""
    for pattern in routes(admin.site.urls[0]):
        if pattern.name in NOT_PAGES:
            continue
        names = list(pattern.pattern.converters) or list(pattern.pattern.regex.groupindex)
        if not names:
            yield pattern.name, reverse(f"admin:{pattern.name}")
            continue
        for given in arguments(pattern, names):
            try:
                yield pattern.name, reverse(f"admin:{pattern.name}", kwargs=given)
            except NoReverseMatch:
                yield pattern.name, reverse(f"admin:{pattern.name}", args=list(given.values()))
    # The form itself, beside the page that asks of which payment.
    payment = Payment.objects.filter(status=PaymentStatus.SUCCEEDED).first()
    new_refund = reverse("admin:refunds_refund_add")
    yield "refunds_refund_add_of_payment", f"{new_refund}?payment={payment.public_id}"
    new_dispute = reverse("admin:disputes_dispute_add")
    yield "disputes_dispute_add_of_payment", f"{new_dispute}?payment={payment.public_id}"


class Page(NamedTuple):
    """`like`: of those that have the same the fullest is looked at."""

    kind: str
    address: str
    status: int
    like: Hashable
    fullness: int


def pages(user):
    """Every page; of those that are all alike, one."""
    fullest = {}
    for route, address in addresses():
        page = _page(user, route, address)
        if page.like not in fullest or page.fullness > fullest[page.like].fullness:
            fullest[page.like] = page
    return fullest.values()


def _page(user, route, address):
    kind = "history" if route.endswith("_history") else route
    if address.endswith(("/add/", "/delete/")) and not _may(user, address):
        return Page(kind, address, 403, "refused", 0)
    if ALL:
        return Page(kind, address, 200, address, 0)
    if route.endswith(SAME_FOR_EVERY_MODEL):
        return Page(kind, address, 200, route.rpartition("_")[2], 0)
    if route in OF_EVERY_MODEL:
        model, page = OF_EVERY_MODEL[route]
        like = (page, _template(model, page), _is_read_only(model))
        return Page(kind, address, 200, like, _fullness(model, page))
    # One form, whatever the word in its address.
    like = route if route in ACTS else address
    return Page(kind, address, 200, like, 0)


def _template(model, page):
    model_admin, name = admin.site._registry[model], TEMPLATES[page]
    label = model._meta.app_label
    places = (f"{label}/{model._meta.model_name}/", f"{label}/", "")
    own = getattr(model_admin, f"{name}_template")
    return own or select_template([f"admin/{place}{name}.html" for place in places]).template.name


def _is_read_only(model):
    return isinstance(admin.site._registry[model], ReadOnlyAdmin)


def _fullness(model, page):
    model_admin = admin.site._registry[model]
    if page == "changelist":
        return len(model_admin.list_display)
    return len(model._meta.fields) + sum(len(one.model._meta.fields) for one in model_admin.inlines)


def walk(user, language):
    """(address, status, is_first) of what is looked at; is_first of its like, in all parts."""
    likes = set()
    for kind, address, status, *_ in pages(user):
        like = kind if ALL else kind.rpartition("_")[2]
        # English is the language the pages are written in, and the shorter: one of each like.
        if like in likes and language == "en" and not ALL:
            continue
        yield address, status, like not in likes
        likes.add(like)


def arguments(pattern, names):
    if names == ["app_label"]:
        return [{"app_label": label} for label in sorted({m._meta.app_label for m in MODELS})]
    if pattern.name in ACTS:
        model, words = ACTS[pattern.name]
        return [{names[0]: rows_of_each_state(model)[0].pk, names[1]: word} for word in words]
    model = next(
        (
            model
            for model in MODELS
            if pattern.name.startswith(f"{model._meta.app_label}_{model._meta.model_name}_")
        ),
        User if pattern.name == "auth_user_password_change" else None,
    )
    assert model is not None, f"no row is known for {pattern.name}: {names}"
    rows = rows_of_each_state(model)
    assert rows, f"no row is made of {model}"
    if pattern.name in OF_LIVE_KEYS:
        model.objects.filter(pk=rows[0].pk).update(livemode=True)
    return [
        {names[0]: row.pk} for row in rows[: STATES_MAX if pattern.name.endswith("_change") else 1]
    ]


@OF_EACH_LANGUAGE
def test_every_page_of_the_admin_is_made_with_care(reader, language, part):
    make_every_row(MODELS)
    awa = User.objects.create_superuser("awa", "awa@lomi.example", "secret")
    window = reader(language, awa)

    for address, status, is_first in list(walk(awa, language))[part :: PARTS[language]]:
        window.open(address, status)
        window.look(is_first=is_first)

    assert not window.problems, "\n".join(window.problems)


@LANGUAGES_OF_WORK
def test_the_tab_key_goes_through_each_kind_of_page(reader, language):
    make_every_row(MODELS)
    awa = User.objects.create_superuser("awa", "awa@lomi.example", "secret")
    window = reader(language, awa)

    for address in (
        reverse("admin:index"),
        reverse("admin:payments_payment_changelist"),
        reverse("admin:payments_payment_change", args=[Payment.objects.first().pk]),
        reverse("admin:auth_user_change", args=[awa.pk]),
    ):
        window.open(address)
        window.walk_by_tab()

    assert not window.problems, "\n".join(window.problems)


@LANGUAGES_OF_WORK
def test_what_every_action_asks_or_says_is_made_with_care(reader, language, monkeypatch):
    make_every_row(MODELS)
    awa = User.objects.create_superuser("awa", "awa@lomi.example", "secret")
    monkeypatch.setattr("apps.orchestration.admin.owners.refresh_attempt", _no_news)
    window = reader(language, awa)

    likes = set()
    window.open(reverse("admin:index"))
    for model, name in _actions(awa):
        if name in HAND_OUT_FILES or (name in likes and not ALL):
            continue
        address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        row = rows_of_each_state(model)[0]
        window.post(address, {"action": name, "_selected_action": str(row.pk), "index": "0"})
        # One template asks them all.
        window.look(is_first=ALL or not likes)
        likes.add(name)

    assert not window.problems, "\n".join(window.problems)


def _actions(user):
    request = RequestFactory().get("/admin/")
    request.user = user
    for model in MODELS:
        for name in admin.site._registry[model].get_actions(request):
            yield model, name


def _no_news(*, attempt_id, source):
    return load_attempts([attempt_id])[attempt_id].owner


def _may(user, address):
    """Whether a superuser may add or delete here: most rows are made by programs alone."""
    request = RequestFactory().get(address)
    request.user = user
    _admin, label, name, *rest, verb, _end = address.split("/")[1:]
    model = apps.get_model(label, name)
    model_admin = admin.site._registry[model]
    if verb == "add":
        return model_admin.has_add_permission(request)
    return model_admin.has_delete_permission(
        request, model._default_manager.get(pk=unquote(rest[0]))
    )
