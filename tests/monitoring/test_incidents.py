"""Incidents: opened once, grouped, followed, closed when it is over; people told once a step."""

import threading
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, connection
from django.utils import timezone

from apps.core.alerts import Finding
from apps.monitoring.models import AlertChannel, AlertRule, Incident, Notification, Watch
from apps.monitoring.rules.sources import alert_sources
from apps.monitoring.services import look_around as looking
from apps.monitoring.services.apply_findings import apply_findings
from apps.monitoring.services.look_around import look_around
from apps.monitoring.services.silence_incident import silence_incident
from apps.monitoring.services.take_incident import take_incident

pytestmark = pytest.mark.django_db(transaction=True)

START = timezone.now()


def at(minutes, seconds=0):
    return START + timedelta(minutes=minutes, seconds=seconds)


@pytest.fixture(autouse=True)
def rules():
    """Two rules of a minute's patience; the second is severe."""
    AlertRule.objects.all().delete()
    common = {"clear_s": 300, "remind_every_s": 1800, "escalate_after_s": 900}
    AlertRule.objects.create(code="slow_replies", severity="warning", for_s=60, **common)
    AlertRule.objects.create(code="failure_rate", severity="critical", for_s=0, **common)


def channel(name="night", **fields):
    return AlertChannel.objects.create(
        name=name, kind="json", address_encrypted=b"", created_at=START, **fields
    )


def look(now, **found):
    """`found`: rule=findings; a rule that is not named did not look."""
    rules = list(AlertRule.objects.prefetch_related("channels"))
    apply_findings(found, rules=rules, now=now)


def steps():
    return list(Notification.objects.order_by("id").values_list("step", flat=True))


def down(key="a", **facts):
    return Finding(key=key, group="provider:mtn_momo", facts=facts)


def test_one_provider_that_is_down_is_one_incident():
    channel()

    look(at(0), failure_rate=[down("cm:collect"), down("ci:collect")], slow_replies=[down("cm")])
    look(at(2), failure_rate=[down("cm:collect"), down("ci:refund")], slow_replies=[down("cm")])

    incident = Incident.objects.get()
    assert incident.key == "provider:mtn_momo"
    assert incident.severity == "critical"
    assert steps() == ["opened"]
    kinds = list(incident.entries.order_by("sequence").values_list("sequence", "kind"))
    assert kinds == [(1, "opened"), (2, "joined"), (3, "joined"), (4, "joined")]


def test_nobody_is_told_of_what_does_not_last():
    channel()

    look(at(0), slow_replies=[down()])
    look(at(0, 30), slow_replies=[])

    assert Incident.objects.count() == 0
    assert steps() == []


def test_it_opens_after_its_time_and_closes_after_it_stayed_away():
    channel()
    look(at(0), slow_replies=[down()])
    look(at(0, 59), slow_replies=[down()])
    assert Incident.objects.get().opened_at is None

    look(at(1), slow_replies=[down()])
    assert Incident.objects.get().opened_at == at(1)
    look(at(2), slow_replies=[])
    look(at(5, 50), slow_replies=[])
    assert Incident.objects.get().resolved_at is None
    look(at(6), slow_replies=[])

    assert Incident.objects.get().resolved_at == at(6)
    assert steps() == ["opened", "resolved"]


def test_what_comes_and_goes_is_told_once():
    channel()

    for minute in range(0, 14, 2):
        look(at(minute), failure_rate=[down()])
        look(at(minute + 1), failure_rate=[])

    assert steps() == ["opened"]
    assert Incident.objects.count() == 1


def test_a_rule_that_did_not_look_takes_nothing_back():
    channel()
    look(at(0), failure_rate=[down()])

    look(at(60), slow_replies=[])

    incident = Incident.objects.get()
    assert incident.resolved_at is None
    assert len(incident.parts) == 1


def test_what_gets_worse_is_told_again_and_what_gets_better_is_not():
    channel()
    channel("severe only", severity_min="critical")
    look(at(0), slow_replies=[down()])
    look(at(1), slow_replies=[down()])
    assert steps() == ["opened"]

    look(at(2), slow_replies=[down()], failure_rate=[down()])
    look(at(8), slow_replies=[down()], failure_rate=[])
    look(at(9), slow_replies=[down()], failure_rate=[down()])

    assert sorted(steps()) == ["opened", "raised:critical", "raised:critical"]


def test_it_is_reminded_and_escalated_until_somebody_takes_it():
    channel()
    channel("chief", is_escalation=True)
    user = User.objects.create_user("awa")
    look(at(0), failure_rate=[down()])
    assert steps() == ["opened"]
    look(at(15), failure_rate=[down()])
    assert sorted(steps()) == ["escalated", "escalated", "opened"]
    look(at(30), failure_rate=[down()])
    look(at(31), failure_rate=[down()])
    assert steps().count("reminded:1") == 1

    incident = Incident.objects.get()
    assert take_incident(incident_id=incident.pk, user=user, now=at(32))
    assert not take_incident(incident_id=incident.pk, user=user, now=at(33))
    look(at(120), failure_rate=[down()])

    assert "reminded:2" not in steps()
    kinds = list(Incident.objects.get().entries.order_by("sequence").values_list("kind", flat=True))
    assert kinds == ["opened", "escalated", "reminded", "taken"]


def test_a_silenced_incident_is_told_to_nobody_until_its_time_is_over():
    channel()
    user = User.objects.create_user("awa")
    look(at(0), slow_replies=[down()])
    look(at(1), slow_replies=[down()])
    incident = Incident.objects.get()
    channel("chief", is_escalation=True)
    silence_incident(incident_id=incident.pk, lasting=timedelta(hours=1), user=user, now=at(2))

    look(at(40), slow_replies=[down()], failure_rate=[down()])
    assert steps() == ["opened"]
    look(at(63), slow_replies=[down()], failure_rate=[down()])
    assert steps() == ["opened", "escalated", "escalated"]
    look(at(64), slow_replies=[down()], failure_rate=[down()])

    assert steps() == ["opened", "escalated", "escalated", "reminded:1"]


def test_what_is_named_at_length_is_followed_as_one():
    long = Finding(key="x" * 300, facts={})

    look(at(0), failure_rate=[long])
    look(at(1), failure_rate=[long])
    look(at(7), failure_rate=[])

    assert Incident.objects.get().resolved_at == at(7)


def test_a_rules_channels_are_told_and_no_others():
    chosen = channel("payments team")
    channel("everybody else")
    AlertRule.objects.get(code="failure_rate").channels.add(chosen)

    look(at(0), failure_rate=[down()])

    assert [one.channel for one in Notification.objects.all()] == [chosen]


def test_a_channel_that_is_off_is_told_nothing():
    channel(is_enabled=False)

    look(at(0), failure_rate=[down()])

    assert steps() == []


def test_two_who_look_at_once_open_one_incident():
    channel()
    ready = threading.Barrier(4)
    failures = []

    def race():
        try:
            ready.wait(20)
            look(at(0), failure_rate=[down()])
        except Exception as error:
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=race) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failures == []
    assert Incident.objects.count() == 1
    assert steps() == ["opened"]


def test_the_database_refuses_a_second_open_incident():
    look(at(0), failure_rate=[down()])
    incident = Incident.objects.get()

    with pytest.raises(IntegrityError):
        Incident.objects.create(
            key=incident.key, rule="x", severity="warning", first_seen_at=START, last_seen_at=START
        )


# --- A look


@pytest.fixture
def sources(monkeypatch):
    """What each source finds, by its code; every rule has its defaults."""
    AlertRule.objects.all().delete()
    found = {}

    def find(code):
        def source(wanted, now):
            answer = found.get(code, [])
            if isinstance(answer, Exception):
                raise answer
            return answer

        return source

    for code, source in alert_sources().items():
        module, _, name = source.find.rpartition(".")
        monkeypatch.setattr(f"{module}.{name}", find(code))
    return found


def test_a_rule_that_cannot_look_hinders_none_and_is_an_alarm_itself(sources, monkeypatch):
    from apps.monitoring.selectors.sources import watching

    monkeypatch.undo()
    broken = "apps.monitoring.selectors.sources.machines.disk_full"
    monkeypatch.setattr(broken, lambda wanted, now: 1 / 0)
    forged = "apps.monitoring.selectors.sources.callbacks.callback_forgeries"
    monkeypatch.setattr(forged, lambda wanted, now: [Finding(key="mtn_momo")])

    assert look_around(now=at(0))
    assert look_around(now=at(2))

    rule = AlertRule.objects.get(code="disk_full")
    assert rule.last_error == "ZeroDivisionError: division by zero"
    assert watching.rule_failing({}, at(2))
    assert set(Incident.objects.values_list("rule", flat=True)) >= {
        "callback_forgeries",
        "rule_failing",
    }


def test_one_looks_at_a_time_and_one_that_died_is_followed(sources):
    assert look_around(now=at(0))
    Watch.objects.update(leased_until=at(1) + looking.LEASE)

    assert not look_around(now=at(1))
    assert look_around(now=at(2, 1))


def test_rules_with_parameters_that_are_no_numbers_are_written_down(sources):
    look_around(now=at(0))
    AlertRule.objects.filter(code="stuck_work").update(parameters={"age_s": "soon"})

    look_around(now=at(5))

    assert "ValueError" in AlertRule.objects.get(code="stuck_work").last_error


def test_a_rule_that_is_off_does_not_look_and_what_it_found_is_over(sources):
    sources["callback_forgeries"] = [Finding(key="mtn_momo")]
    look_around(now=at(0))
    assert Incident.objects.get().resolved_at is None
    AlertRule.objects.filter(code="callback_forgeries").update(is_enabled=False)

    look_around(now=at(1))

    assert Incident.objects.get().resolved_at == at(1)
