"""Rules as staff set them: numbers within bounds, so that none is made blind or loud by a slip."""

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from apps.monitoring.admin.rules import bounds_of
from apps.monitoring.models import AlertRule
from apps.monitoring.rules.sources import alert_sources
from apps.monitoring.services.make_rules import make_rules

pytestmark = pytest.mark.django_db


@pytest.fixture
def page():
    make_rules()
    client = Client()
    client.force_login(User.objects.create_superuser("awa"))

    def send(code, **changed):
        address = reverse("admin:monitoring_alertrule_change", args=[code])
        fields = client.get(address).context["adminform"].form
        form = {name: fields[name].value() for name in fields.fields}
        form |= {f"initial-{name}": fields[name].value() for name in fields.fields}
        form = {name: str(value) for name, value in form.items() if value not in (None, [])}
        form = {name: value for name, value in form.items() if value != "False"}
        return client.post(address, {**form, **changed})

    return send


def test_the_defaults_of_every_rule_can_be_saved():
    for code, source in alert_sources().items():
        for name, value in source.parameters.items():
            low, high = bounds_of(name)
            assert low <= value <= high, (code, name)


@pytest.mark.parametrize(
    ("code", "name", "value"),
    [
        ("failure_rate", "share", "nan"),
        ("failure_rate", "share", "-0.1"),
        ("failure_rate", "share", "1.5"),
        ("failure_rate", "deviations", "0"),
        ("failure_rate", "deviations", "1e300"),
        ("failure_rate", "window_s", "0"),
        ("failure_rate", "window_s", "inf"),
        ("failure_rate", "failures_min", "1e308"),
        ("failure_rate", "traffic_min", "-1"),
        ("provider_silent", "weeks_min", "0"),
        ("unusual_amount", "payments_min", "0"),
        ("repeated_failures", "payer_failures", "0"),
    ],
)
def test_a_number_that_makes_a_rule_blind_or_loud_is_refused(page, code, name, value):
    before = AlertRule.objects.get(code=code).parameters

    answer = page(code, **{f"parameter_{name}": value})

    assert answer.status_code == 200
    assert answer.context["adminform"].form.errors.keys() == {f"parameter_{name}"}
    assert AlertRule.objects.get(code=code).parameters == before


def test_nobody_is_reminded_at_every_look(page):
    answer = page("failure_rate", remind_every_s="0")

    assert answer.context["adminform"].form.errors.keys() == {"remind_every_s"}


def test_what_is_within_bounds_is_kept(page):
    answer = page("failure_rate", parameter_share="0.25")

    assert answer.status_code == 302
    assert AlertRule.objects.get(code="failure_rate").parameters["share"] == 0.25
