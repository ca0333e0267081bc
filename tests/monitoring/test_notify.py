"""Messages to receivers that answer, refuse, hang, send elsewhere, or lie inside our walls."""

import json
import time
from datetime import timedelta

import pytest
from django.utils import timezone

from apps.monitoring.models import AlertChannel, Incident, Notification
from apps.monitoring.rules.receivers import ChannelAddressRefused
from apps.monitoring.services import send_notification as sending
from apps.monitoring.services import send_to_receiver as receiving
from apps.monitoring.services.save_channel import ADDRESS_CONTEXT, save_channel
from apps.monitoring.services.send_notification import NotTaken, send_notification
from apps.monitoring.services.send_to_receiver import Message, send_to_receiver
from apps.monitoring.services.try_channel import try_channel
from apps.vault.encryption import decrypt
from tests.receiver import Receiver, answer

pytestmark = pytest.mark.django_db(transaction=True)

MESSAGE = Message(title="MTN is down", text="All fail.", data={"step": "opened"})


@pytest.fixture
def receiver():
    receiver = Receiver()
    yield receiver
    receiver.close()


def address_of(receiver):
    return f"json://127.0.0.1:{receiver.port}/hooks"


def make_channel(address, **fields):
    channel = AlertChannel(
        name=f"channel {AlertChannel.objects.count()}", created_at=timezone.now(), **fields
    )
    save_channel(channel, address=address, actor="system", now=timezone.now())
    return channel


def notification(channel, step="opened", **fields):
    now = timezone.now()
    incident = Incident.objects.create(
        key=f"provider:mtn_momo:{Incident.objects.count()}",
        rule="failure_rate",
        severity="critical",
        first_seen_at=now,
        last_seen_at=now,
        opened_at=now,
        parts={
            "failure_rate|x": {
                "rule": "failure_rate",
                "is_on": True,
                "facts": {
                    "provider": "MTN Mobile Money", "country": "CM", "operation": "collect",
                    "percent": 93.0, "orders": 100, "minutes": 1, "usual_percent": 2.0,
                },
            }
        },
        **fields,
    )  # fmt: skip
    return Notification.objects.create(
        incident=incident, channel=channel, step=step, created_at=now
    )


def send(told):
    send_notification(notification_id=told.pk, now=timezone.now())
    told.refresh_from_db()
    return told


def test_a_receiver_is_told_in_its_language(receiver):
    told = send(notification(make_channel(address_of(receiver), language="en")))

    assert (told.status, told.tries, told.last_error) == ("sent", 1, "")
    said = json.loads(receiver.heard[0].body)
    assert said["title"] == "critical · A rail fails · opened"
    assert "MTN Mobile Money, CM, collect: 93.0 % of 100 orders failed" in said["message"]
    assert said["incident"].startswith("inc_")
    assert said["runbook"].endswith("#failure_rate")


def test_what_was_sent_is_not_sent_again(receiver):
    told = send(notification(make_channel(address_of(receiver))))

    send(told)

    assert len(receiver.heard) == 1


def test_a_receiver_that_refuses_is_asked_a_few_times_and_given_up(receiver):
    receiver.answers = [answer(500)] * 20
    told = notification(make_channel(address_of(receiver)))

    for _ in range(sending.TRIES_MAX - 1):
        with pytest.raises(NotTaken):
            send(told)
    told = send(told)

    assert (told.status, told.tries) == ("failed", sending.TRIES_MAX)
    assert told.last_error == "answered 500"
    assert told.channel.last_error == "answered 500"
    assert len(receiver.heard) == sending.TRIES_MAX


def test_a_redirect_is_not_followed(receiver):
    other = Receiver()
    receiver.answers = [answer(302, f"Location: {other.url}")]
    told = notification(make_channel(address_of(receiver)))

    with pytest.raises(NotTaken, match="answered 302"):
        send(told)

    assert other.heard == []
    other.close()


def test_a_receiver_that_hangs_is_left_in_time(receiver, settings):
    settings.ALERT_TIMEOUT_S = 0.5
    receiver.silent = True

    begun = time.monotonic()
    with pytest.raises(NotTaken, match="timed out"):
        send(notification(make_channel(address_of(receiver))))

    assert time.monotonic() - begun < 5


def test_a_library_that_hangs_is_left_in_time_and_only_so_many_hang(settings, monkeypatch):
    settings.ALERT_TIMEOUT_S = 0.05
    monkeypatch.setattr(receiving, "_slots", receiving.threading.BoundedSemaphore(2))
    end = receiving.threading.Event()
    monkeypatch.setattr("apprise.plugins.discord.NotifyDiscord.send", lambda *_, **__: end.wait(30))
    address = "discord://123456789/abcdefghijkl"

    said = [send_to_receiver(address, MESSAGE) for _ in range(3)]
    end.set()

    assert said == ["timed out", "timed out", "too many receivers hang"]


def test_a_library_that_breaks_is_a_message_not_taken(monkeypatch):
    def breaks(*_, **__):
        raise RuntimeError

    monkeypatch.setattr("apprise.plugins.slack.NotifySlack.send", breaks)

    said = send_to_receiver("slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/#ops", MESSAGE)

    assert said == "refused, or could not be reached"


@pytest.mark.parametrize(
    "address",
    [
        "jsons://127.0.0.1/x",
        "jsons://10.0.0.7/x",
        "jsons://[::1]/x",
        "jsons://localhost/x",
        "jsons://shop.internal/x",
        "json://example.com/x",
        "jsons://example.com:22/x",
        "workflows://127.0.0.1/flow/signature/",
        "workflows://metadata.internal/flow/signature/",
    ],
)
def test_no_webhook_leads_inside_our_walls(address, settings):
    settings.ALERT_PRIVATE_ADDRESSES_ALLOWED = False

    with pytest.raises(ChannelAddressRefused):
        make_channel(address)
    assert send_to_receiver(address, MESSAGE).startswith("address refused")


def test_a_name_that_leads_inside_is_refused_when_it_is_used(settings, monkeypatch):
    settings.ALERT_PRIVATE_ADDRESSES_ALLOWED = False
    monkeypatch.setattr(
        "apps.webhooks.address_guard.look_up_in_time",
        lambda *_, **__: ["93.184.215.14", "10.1.2.3"],
    )

    said = send_to_receiver("jsons://alerts.example.com/x", MESSAGE)

    assert said.startswith("address refused")


@pytest.mark.parametrize(
    "address",
    ["", "file:///etc/passwd", "exec://rm", "syslog://", "slack://x", "gibberish", "json://"],
)
def test_what_is_no_receivers_address_is_refused(address):
    if address:
        with pytest.raises(ChannelAddressRefused):
            make_channel(address)
    assert send_to_receiver(address, MESSAGE) == "not an address that can be used"


def test_an_address_is_encrypted(receiver):
    channel = make_channel("jsons://user:secret@alerts.example.com/x")

    assert b"secret" not in bytes(channel.address_encrypted)
    assert channel.kind == "jsons"
    opened = decrypt(channel.address_encrypted, context=ADDRESS_CONTEXT, row_id=channel.pk)
    assert opened == "jsons://user:secret@alerts.example.com/x"


def test_an_address_that_cannot_be_decrypted_is_written_down(receiver):
    channel = make_channel(address_of(receiver))
    AlertChannel.objects.filter(pk=channel.pk).update(address_encrypted=b"\x01unreadable")
    told = notification(AlertChannel.objects.get())

    with pytest.raises(NotTaken):
        send(told)

    assert AlertChannel.objects.get().last_error == "its address cannot be decrypted"


def test_a_channel_switched_off_meanwhile_is_told_nothing(receiver):
    channel = make_channel(address_of(receiver))
    told = notification(channel)
    AlertChannel.objects.update(is_enabled=False)

    told = send(told)

    assert (told.status, receiver.heard) == ("failed", [])


def test_a_channel_is_tried_with_a_button(receiver):
    channel = make_channel(address_of(receiver))

    assert try_channel(channel, now=timezone.now()) == ""
    receiver.answers = [answer(403)]
    assert try_channel(channel, now=timezone.now()) == "answered 403"

    assert AlertChannel.objects.get().last_error == "answered 403"
    assert json.loads(receiver.heard[0].body)["step"] == "test"


def test_the_end_says_what_it_was(receiver):
    channel = make_channel(address_of(receiver), language="fr")
    told = notification(channel, step="resolved", resolved_at=timezone.now() + timedelta(minutes=1))
    Incident.objects.update(
        parts={}, facts={"provider": "MTN", "country": "CM", "operation": "collect",
                         "percent": 93, "orders": 100, "minutes": 1, "usual_percent": 2},
    )  # fmt: skip
    told.refresh_from_db()

    send(told)

    assert "MTN, CM" in json.loads(receiver.heard[0].body)["message"]


@pytest.mark.parametrize(
    "parameter",
    [
        "+X-Team=a%0d%0aEvil:%201",
        "+X-Team=%E2%82%AC",
        "+X-Team=%00",
        "+%20=1",
        "+Host=elsewhere.example",
        "+Content-Length=3",
        "+Transfer-Encoding=chunked",
    ],
)
def test_a_header_that_cannot_be_sent_is_refused_and_breaks_nothing(receiver, parameter):
    address = f"{address_of(receiver)}?{parameter}"

    with pytest.raises(ChannelAddressRefused):
        make_channel(address)
    assert send_to_receiver(address, MESSAGE).startswith("address refused")
    assert not receiver.heard


def test_headers_and_names_of_an_address_are_sent(receiver):
    address = f"json://awa:secret@127.0.0.1:{receiver.port}/hooks?+X-Team=night"

    assert send_to_receiver(address, MESSAGE) == ""

    (request,) = receiver.heard
    assert request.headers["x-team"] == "night"
    assert request.headers["authorization"] == "Basic YXdhOnNlY3JldA=="


@pytest.mark.parametrize(
    "address",
    [
        "workflows://prod.example.com/flow/signature/?template=/etc/passwd",
        "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/?template=http://10.0.0.7/",
        "discord://1234567890/abcdefghij?te%6Dplate=/etc/passwd",
        "mailto://awa:secret@example.com?pgpprv=/etc/ssl/private/key",
        "mailto://awa:secret@example.com?wkd=yes",
    ],
)
def test_no_address_has_a_file_of_ours_read(address):
    with pytest.raises(ChannelAddressRefused):
        make_channel(address)
    assert send_to_receiver(address, MESSAGE) == "not an address that can be used"
