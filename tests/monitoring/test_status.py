"""What the world, merchants and machines are told of the rails."""

import re
from datetime import timedelta

import pytest
from asgiref.sync import async_to_sync
from asgiref.testing import ApplicationCommunicator
from django.contrib.auth.models import User
from django.core.cache import cache
from django.test import Client
from django.test.signals import template_rendered
from django.urls import reverse
from django.utils import timezone

from apps.core.ttl_cache import clear_all
from apps.merchants.services.create_api_key import create_api_key
from apps.monitoring.models import Incident, RailDay, Watch
from apps.monitoring.selectors.rail_health import rail_health
from apps.monitoring.selectors.rail_status import rail_status
from apps.monitoring.services.look_around import look_around
from apps.providers.models import ProviderAccount
from config.asgi import application
from tests.factories import MerchantFactory, PaymentFactory, ProviderAccountFactory
from tests.monitoring.rows import make_account, make_minutes, make_past

pytestmark = pytest.mark.django_db(transaction=True)

RAIL = "mtn_momo:CM:collect"


@pytest.fixture
def now():
    return timezone.now()


def incident(now, *, begun, ended=None, severity="critical", rails=(RAIL,)):
    clear_all()
    return Incident.objects.create(
        key=f"provider:{Incident.objects.count()}",
        rule="failure_rate",
        severity=severity,
        rails=list(rails),
        first_seen_at=begun,
        last_seen_at=now,
        opened_at=begun,
        resolved_at=ended,
    )


def counted_since(account, day):
    RailDay.objects.create(
        provider_account_id=account.pk, operation="collect", day=day, responses=[0] * 12
    )
    clear_all()


def test_each_day_shows_its_worst_incident(now):
    look_around(now=now)
    account = make_account()
    counted_since(account, (now - timedelta(days=10)).date())
    noon = now.replace(hour=12, minute=0, second=0, microsecond=0) - timedelta(days=3)
    incident(now, begun=noon, ended=noon + timedelta(minutes=90))
    incident(now, begun=noon, ended=noon + timedelta(hours=5), severity="warning")
    incident(now, begun=noon - timedelta(days=1), ended=noon, severity="warning")

    (rail,) = rail_status(livemode=True).rails

    states = [(one.state, one.minutes) for one in rail.days[-5:]]
    assert states == [("degraded", 720), ("down", 90), *[("operational", 0)] * 3]
    assert rail.days[0].state == "unknown"
    assert len(rail.days) == 90
    assert rail.state == "operational"
    assert rail.uptime_percent == f"{100 - 100 * 90 / (11 * 1440):.2f}"


def test_a_rail_with_an_open_incident_is_down(now):
    make_account()
    incident(now, begun=now - timedelta(minutes=4))

    (rail,) = rail_status(livemode=True).rails

    assert (rail.state, rail.since) == ("down", now - timedelta(minutes=4))


def test_it_is_drawn_once_for_all_who_ask():
    make_account()
    drawn = []

    def note(sender, template, **_):
        drawn.append(template.name)

    template_rendered.connect(note)
    try:
        pages = {Client().get("/status?language=en").content for _ in range(3)}
    finally:
        template_rendered.disconnect(note)

    assert len(pages) == 1
    assert drawn == ["monitoring/status_page.html"]


@pytest.mark.parametrize("language", ["fr", "en"])
def test_anybody_sees_the_rails_and_nothing_of_merchants(language, now):
    merchant = MerchantFactory(name="Secret Shop")
    make_account(label="Contract 4711")
    make_account(merchant_id=merchant.pk, country="CI", currency="XOF")
    PaymentFactory(merchant=merchant, livemode=True, succeeded=True)
    incident(now, begun=now - timedelta(minutes=4))

    answer = Client().get("/status", headers={"Accept-Language": language})

    html = answer.content.decode()
    assert answer.status_code == 200
    assert f'lang="{language}"' in html
    assert "MTN" in html and "CM" in html
    assert "Secret" not in html and "4711" not in html and "<h2>CI</h2>" not in html
    assert answer["Cache-Control"] == "public, max-age=30"
    assert "Accept-Language" in answer["Vary"] and "Cookie" not in answer["Vary"]
    assert not answer.cookies


def test_the_language_can_be_chosen(now):
    make_account()

    assert 'lang="en"' in Client().get("/status?language=en").content.decode()
    assert Client().get("/status?language=%00").status_code == 200


def test_the_page_costs_no_query_once_it_is_read(now, django_assert_num_queries):
    make_account()
    Client().get("/status")

    with django_assert_num_queries(0):
        Client().get("/status")


def test_a_merchant_sees_its_own_rails_too(now):
    merchant, other = MerchantFactory(), MerchantFactory()
    make_account()
    make_account(merchant_id=merchant.pk, country="CI", currency="XOF")
    make_account(merchant_id=other.pk, country="SN", currency="XOF")
    _, key = create_api_key(merchant=merchant, livemode=True, label="till", now=now)
    look_around(now=now)
    clear_all()

    answer = Client().get("/api/v1/status", headers={"Authorization": f"Bearer {key}"})

    assert answer.status_code == 200
    rails = answer.json()["data"]
    assert [one["country"] for one in rails] == ["CI", "CM"]
    assert {one["status"] for one in rails} == {"operational"}
    only = Client().get(
        "/api/v1/status?country=CM&operation=collect", headers={"Authorization": f"Bearer {key}"}
    )
    assert len(only.json()["data"]) == 1


# --- Health


def test_health_is_one_word_of_all_that_is_known(now):
    now = now.replace(second=30, microsecond=0)
    ill, well, quiet, closed = make_account(), make_account(), make_account(), make_account()
    type(closed).objects.filter(pk=closed.pk).update(is_active=False)
    clear_all()
    for account in (ill, well):
        make_past(account, now)
        make_minutes(account, now - timedelta(minutes=61), 60)
    make_minutes(well, now - timedelta(minutes=1), 2)
    make_minutes(ill, now - timedelta(minutes=1), 2, succeeded=0, failed_rail=86)
    look_around(now=now)
    clear_all()

    words = {one.account.pk: one for one in rail_health(now=now)}

    assert {pk: one.health for pk, one in words.items()} == {
        ill.pk: "critical", well.pk: "healthy", quiet.pk: "quiet", closed.pk: "closed",
    }  # fmt: skip
    assert words[well.pk].success_percent == 84.0
    assert words[well.pk].last_success_at is not None
    assert dict(words[ill.pk].found)["failure_rate"] == "critical"


# --- Machines


@pytest.fixture
def scrape(settings):
    settings.METRICS_TOKEN = "scrape-me"

    def get(authorization="Bearer scrape-me"):
        headers = {"Authorization": authorization} if authorization else {}
        return Client().get("/metrics", headers=headers)

    return get


def test_metrics_are_shown_to_who_bears_the_token(scrape, now):
    account = make_account()
    make_minutes(account, now - timedelta(minutes=1), 2)
    look_around(now=now)
    clear_all()

    answer = scrape()

    text = answer.content.decode()
    assert answer.status_code == 200
    labels = f'account="{account.public_id}",country="CM",mode="live",operation="collect"'
    assert 'lomi_work_due{topic="merchants.email"} 0.0' in text
    assert "lomi_watch_age_seconds" in text
    assert 'lomi_incidents_open{severity="critical"} 0.0' in text
    sent = [line for line in text.splitlines() if 'result="sent"' in line]
    assert sent and sent[0].endswith(" 200.0"), labels
    assert 'lomi_process_cpu_seconds_total{door="worker",pid="' in text


@pytest.mark.parametrize("authorization", ["", "Bearer wrong", "Basic scrape-me", "Bearer \xe9"])
def test_metrics_are_there_for_nobody_else(scrape, authorization):
    assert scrape(authorization).status_code == 404


def test_without_a_token_or_networks_nobody_reads_metrics(settings):
    settings.METRICS_TOKEN, settings.METRICS_NETWORKS = "", []

    assert Client().get("/metrics").status_code == 404
    settings.METRICS_NETWORKS = ["10.0.0.0/8"]
    assert Client().get("/metrics").status_code == 404
    settings.METRICS_NETWORKS = ["10.0.0.0/8", "127.0.0.0/8"]
    assert Client().get("/metrics").status_code == 200


def test_a_forwarded_address_opens_no_metrics(settings):
    settings.METRICS_TOKEN, settings.METRICS_NETWORKS = "", ["10.0.0.0/8"]

    answer = Client().get("/metrics", headers={"X-Forwarded-For": "10.0.0.1"})

    assert answer.status_code == 404


def test_the_realtime_process_shows_its_own(settings):
    settings.METRICS_TOKEN = "scrape-me"

    async def get(path, token):
        headers = [(b"authorization", f"Bearer {token}".encode())]
        scope = {"type": "http", "method": "GET", "path": path, "query_string": b"",
                 "headers": headers, "server": ("testserver", 80)}  # fmt: skip
        talking = ApplicationCommunicator(application, scope)
        await talking.send_input({"type": "http.request", "body": b""})
        begun = await talking.receive_output(20)
        body = await talking.receive_output(20)
        return begun["status"], body["body"]

    status, body = async_to_sync(get)("/metrics", "scrape-me")
    assert status == 200 and b"lomi_work_due" in body
    assert async_to_sync(get)("/metrics", "wrong")[0] == 404
    # And nothing else of the pages.
    assert async_to_sync(get)("/status", "scrape-me")[0] == 404


def test_watching_for_the_first_time_counts_at_once(now):
    cache.clear()
    PaymentFactory(account=ProviderAccountFactory(), succeeded=True, created_at=now)

    assert look_around(now=now)

    assert Watch.objects.get().seen_at == now


def test_the_worst_incident_comes_first_in_the_control_room(client, now):
    client.force_login(User.objects.create_superuser("awa"))
    incident(now, begun=now - timedelta(minutes=9), severity="warning")
    worst = incident(now, begun=now - timedelta(minutes=4))

    shown = client.get(reverse("admin:monitoring_control_room")).context["incidents"]

    assert [str(worst.pk) in one["url"] for one in shown] == [True, False]


def test_the_watch_is_not_late_while_it_waits_for_an_old_transaction(scrape, now):
    look_around(now=now)
    Watch.objects.update(seen_at=now - timedelta(hours=2))

    age = re.search(r"^lomi_watch_age_seconds (\S+)", scrape().content.decode(), re.MULTILINE)

    assert float(age[1]) < 60


def verdict():
    clear_all()
    html = Client().get("/status?language=en").content.decode()
    return re.search(r'role="status">([^<]+)<', html)[1]


def test_nothing_is_called_well_that_nobody_looks_at(now):
    look_around(now=now)
    assert verdict() == "No rail is open."
    account = make_account()
    assert verdict() == "All rails are operational."
    ProviderAccount.objects.filter(pk=account.pk).update(is_active=False)
    assert verdict() == "No rail is open."
    ProviderAccount.objects.filter(pk=account.pk).update(is_active=True)

    Watch.objects.update(leased_until=now - timedelta(minutes=11))
    assert verdict().startswith("Our monitoring is not looking")
    incident(now, begun=now - timedelta(minutes=4))
    assert verdict() == "Some rails are down."
    Watch.objects.all().delete()
    Incident.objects.all().delete()
    assert verdict().startswith("Our monitoring is not looking")


@pytest.mark.parametrize("is_never", [False, True])
def test_no_rail_is_operational_for_programs_while_monitoring_stands_still(now, is_never):
    merchant = MerchantFactory()
    make_account()
    _, key = create_api_key(merchant=merchant, livemode=True, label="till", now=now)

    def told():
        clear_all()
        answer = Client().get("/api/v1/status", headers={"Authorization": f"Bearer {key}"})
        [rail] = answer.json()["data"]
        return rail["status"], rail["since"]

    look_around(now=now)
    assert told() == ("operational", None)
    still = now - timedelta(minutes=11)
    if is_never:
        Watch.objects.all().delete()
    else:
        Watch.objects.update(leased_until=still)

    status, since = told()
    assert status == "unknown"
    assert (since is None) == is_never
    # What was wrong before is told as it was.
    incident(now, begun=now - timedelta(minutes=40))
    assert told()[0] == "down"


@pytest.mark.parametrize(("language", "word"), [("en", "unknown"), ("fr", "inconnu")])
def test_no_rail_is_operational_for_people_while_monitoring_stands_still(now, language, word):
    look_around(now=now)
    make_account()
    Watch.objects.update(leased_until=now - timedelta(minutes=11))
    clear_all()

    html = Client().get(f"/status?language={language}").content.decode()

    [said] = re.findall(r'<span class="word (\w+)">([^<,]+)', html)
    assert said == ("unknown", word)
