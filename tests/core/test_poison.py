"""Whatever the topic, one item that cannot be done harms none of its neighbours.

Each topic registers how an item of it is made, healthy or spoilt in a way of its own; outbox
messages are besides tried without their payload and with a payload that says nothing.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.db import transaction
from django.utils import timezone

from apps.approvals.models import Approval
from apps.core.bulk_write import bulk_write
from apps.core.models import OutboxMessage
from apps.core.public_ids import first_id_at, new_id
from apps.core.work import outbox
from apps.core.work import worker_loop as engine
from apps.core.work.outbox import OutboxTopic
from apps.core.work.topics import routes
from apps.core.work.worker_loop import run_worker_loop
from apps.day_reports.models import DayCycle, ReportSending, ReportSubscription
from apps.day_reports.services.begin_cycles import begin_cycles
from apps.disputes.models import Dispute, DisputeFile, DisputeFileLine
from apps.disputes.services.open_dispute import DisputeOrder, open_dispute
from apps.floats.models import FloatWatch
from apps.merchants.models import Member, Merchant
from apps.monitoring.models import AlertChannel, Incident, Notification
from apps.monitoring.services.save_channel import save_channel
from apps.orchestration.models import Attempt, AttemptStatus, StatusChange
from apps.payments.models import Payment
from apps.payout_batches.models import NameCheck, PayoutBatch, PayoutBatchLine, PayoutBatchPiece
from apps.payout_batches.services.receive_batch import BatchOrder, receive_batch
from apps.payout_batches.services.submit_batch import submit_batch
from apps.payouts.models import Payout
from apps.providers.contract import Outcome
from apps.providers.models import Callback, ProviderAccount
from apps.providers.services.store_callback import store_callback
from apps.reconciliation.models import Discrepancy, Statement
from apps.reconciliation.tests.reports import foreign_line, stage
from apps.reporting.models import ReportSchedule
from apps.settlement.models import Settlement, SettlementCycle
from apps.statement_sources.models import ReceivedFile, StatementSource
from apps.support_tickets.models import (
    BusinessCalendar,
    Channel,
    RequesterKind,
    Team,
    Ticket,
    TicketCategory,
    TicketClock,
)
from apps.support_tickets.rules.author import SYSTEM
from apps.support_tickets.services.open_ticket import TicketOrder, open_ticket
from apps.vault.encryption import encrypt
from apps.webhooks.models import Delivery, Endpoint, Event
from apps.webhooks.services.build_event import build_event
from apps.webhooks.services.create_endpoint import SECRET_CONTEXT, create_endpoint
from tests.day_reports.rows import new_day, new_sending, new_subscription
from tests.factories import MerchantFactory, PaymentFactory, ProviderAccountFactory
from tests.fakes import FAKE, GENUINE_CALLBACK, Instruction, open_account
from tests.payout_batch_runs.conftest import batch_of_another, make_batch, new_line
from tests.receiver import Receiver
from tests.settlement.rows import new_settlement, new_terms
from tests.statement_sources.rows import new_file, new_source
from tests.support_tickets.service_levels import promise_service_levels

pytestmark = pytest.mark.django_db(transaction=True)

# Encrypted by nobody.
UNREADABLE = b"\x01unreadable"

# Whether the work of an item is done.
IsDone = Callable[[], bool]


@dataclass(frozen=True)
class Case:
    """`make(spoilt)` makes one due item and returns how to see that its work is done; `spoilt` is
    one of `spoils` or "" for a healthy one. Its message's payload has these `keys`."""

    make: Callable[[World, str], IsDone]
    spoils: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()


@dataclass
class World:
    """What items are about."""

    provider: object
    receiver: Receiver
    merchant: object = field(default_factory=MerchantFactory)
    account: object = field(default_factory=open_account)

    def pay(self, **fields) -> Attempt:
        fields = {"account": self.account, "merchant": self.merchant, **fields}
        return PaymentFactory(**fields).attempts.get()

    def pay_sent(self, **fields) -> Attempt:
        """Its payer has approved."""
        attempt = self.pay(submitted=True, **fields)
        self.provider.book[attempt.reference] = Instruction(
            5_000, "XAF", "237677000001", Outcome.SUCCEEDED
        )
        return attempt

    def endpoint(self, secret=""):
        endpoint, _ = create_endpoint(
            merchant=self.merchant, livemode=False, url=self.receiver.url, now=timezone.now()
        )
        if secret:
            endpoint.secret_encrypted = encrypt(secret, context=SECRET_CONTEXT, row_id=endpoint.pk)
            endpoint.save()
        return endpoint

    def delivery(self, endpoint, **fields) -> Delivery:
        rows = build_event(
            merchant_id=self.merchant.pk,
            livemode=False,
            type="payment.succeeded",
            object_id=new_id(),
            sequence=1,
            data={},
            endpoints=[endpoint],
            now=timezone.now(),
        )
        bulk_write(rows)
        Delivery.objects.filter(pk=rows[1].pk).update(**fields)
        return rows[1]


CASES: dict[str, Case] = {}


def topic(name: str, *, spoils: tuple[str, ...] = (), keys: tuple[str, ...] = ()):
    def register(make):
        CASES[name] = Case(make, spoils, keys)
        return make

    return register


def enqueue(topic: str, **payload: str) -> None:
    outbox.enqueue(topic, now=timezone.now(), **payload)


def unreadable_number(attempt: Attempt) -> None:
    Payment.objects.filter(pk=attempt.owner_id).update(payer_msisdn_encrypted=UNREADABLE)


def unreadable_credentials() -> ProviderAccount:
    return ProviderAccountFactory(connector=FAKE, credentials_encrypted=UNREADABLE)


@topic("attempt.submit", spoils=("number", "credentials", "history"))
def submitted(world, spoilt):
    account = unreadable_credentials() if spoilt == "credentials" else world.account
    attempt = world.pay(account=account)
    Attempt.objects.filter(pk=attempt.pk).update(next_check_at=timezone.now())
    if spoilt == "number":
        unreadable_number(attempt)
    if spoilt == "history":
        # The number of its next change is taken.
        StatusChange.objects.create(
            owner_id=attempt.owner_id,
            attempt=attempt,
            sequence=attempt.sequence + 1,
            to_status="submitted",
            source="worker",
            created_at=timezone.now(),
        )
    return lambda: Attempt.objects.get(pk=attempt.pk).status == AttemptStatus.PENDING


@topic("callback.received", spoils=("body", "number", "credentials"), keys=("callback_id",))
def called_back(world, spoilt):
    account = unreadable_credentials() if spoilt == "credentials" else world.account
    attempt = world.pay_sent(account=account)
    memory = encrypt(
        json.dumps({"secret": "s3cret"}), context="payments_attempt.memory", row_id=attempt.pk
    )
    Attempt.objects.filter(pk=attempt.pk).update(connector_state_encrypted=memory)
    if spoilt == "number":
        unreadable_number(attempt)
    callback_id = store_callback(
        connector=FAKE,
        attempt_id=attempt.pk,
        method="POST",
        content_type="application/json",
        body=GENUINE_CALLBACK,
        now=timezone.now(),
    )
    if spoilt == "body":
        Callback.objects.filter(pk=callback_id).update(body_encrypted=UNREADABLE)
    return lambda: Attempt.objects.get(pk=attempt.pk).status == AttemptStatus.SUCCEEDED


@topic("attempt.poll", spoils=("number", "credentials", "memory"))
def polled(world, spoilt):
    account = unreadable_credentials() if spoilt == "credentials" else world.account
    attempt = world.pay_sent(account=account)
    memory = UNREADABLE if spoilt == "memory" else None
    Attempt.objects.filter(pk=attempt.pk).update(
        next_check_at=timezone.now(), connector_state_encrypted=memory
    )
    if spoilt == "number":
        unreadable_number(attempt)
    return lambda: Attempt.objects.get(pk=attempt.pk).status == AttemptStatus.SUCCEEDED


@topic("webhook.deliver", spoils=("secret", "encrypted secret", "url"))
def delivered(world, spoilt):
    endpoint = world.endpoint("whsec_a" if spoilt == "secret" else "")
    if spoilt == "encrypted secret":
        endpoint.secret_encrypted = UNREADABLE
    if spoilt == "url":
        endpoint.url = "http://[::1"
    endpoint.save()
    delivery = world.delivery(endpoint)
    return lambda: Delivery.objects.get(pk=delivery.pk).status == Delivery.Status.DELIVERED


@topic("webhook.catch_up", keys=("endpoint_id", "created_after", "after"))
def caught_up(world, spoilt):
    endpoint = world.endpoint()
    delivery = world.delivery(endpoint, status=Delivery.Status.FAILED, next_attempt_at=None)
    long_ago = timezone.now() - timedelta(days=1)
    enqueue(
        "webhook.catch_up",
        endpoint_id=str(endpoint.pk),
        created_after=long_ago.isoformat(),
        after=str(first_id_at(long_ago)),
    )
    return lambda: Delivery.objects.get(pk=delivery.pk).status != Delivery.Status.FAILED


@topic(
    "event.announce",
    spoils=("data",),
    keys=("event_id", "merchant_id", "livemode", "type", "object_id", "data"),
)
def announced(world, spoilt):
    event_id = new_id()
    enqueue(
        "event.announce",
        event_id=str(event_id),
        merchant_id=str(world.merchant.pk),
        livemode="false",
        type="api_key.created",
        object_id=str(new_id()),
        data="{" if spoilt else "{}",
    )
    return lambda: Event.objects.filter(pk=event_id).exists()


@topic(
    "webhook.replay",
    keys=("endpoint_id", "types", "after", "until", "created_after", "created_before"),
)
def replayed(world, spoilt):
    endpoint = world.endpoint()
    delivery = world.delivery(endpoint, status=Delivery.Status.DELIVERED, next_attempt_at=None)
    enqueue(
        "webhook.replay",
        endpoint_id=str(endpoint.pk),
        types="payment.succeeded",
        after="",
        until=str(first_id_at(timezone.now() + timedelta(days=1))),
        created_after="",
        created_before="",
    )
    return lambda: Delivery.objects.get(pk=delivery.pk).status == Delivery.Status.PENDING


@topic("webhook.hold_deliveries", keys=("endpoint_id",))
def held(world, spoilt):
    endpoint = world.endpoint()
    delivery = world.delivery(endpoint)
    Endpoint.objects.filter(pk=endpoint.pk).update(is_enabled=False)
    enqueue("webhook.hold_deliveries", endpoint_id=str(endpoint.pk))
    return lambda: Delivery.objects.get(pk=delivery.pk).is_held


@topic("webhook.end_deliveries", keys=("endpoint_id",))
def ended(world, spoilt):
    endpoint = world.endpoint()
    delivery = world.delivery(endpoint)
    Endpoint.objects.filter(pk=endpoint.pk).update(deleted_at=timezone.now())
    enqueue("webhook.end_deliveries", endpoint_id=str(endpoint.pk))
    return lambda: Delivery.objects.get(pk=delivery.pk).status == Delivery.Status.FAILED


@topic(
    "merchants.email",
    spoils=("template", "context"),
    keys=("member_id", "template", "context"),
)
def emailed(world, spoilt):
    name = f"member{User.objects.count()}"
    user = User.objects.create_user(name, email=f"{name}@shop.example")
    member = Member.objects.create(
        merchant=world.merchant, user=user, role=Member.Role.OWNER, created_at=timezone.now()
    )
    enqueue(
        "merchants.email",
        member_id=str(member.pk),
        template="no_such" if spoilt == "template" else "webhook_endpoint_paused",
        context="{" if spoilt == "context" else "{}",
    )
    return lambda: [user.email] in [email.to for email in mail.outbox]


@topic("tickets.email", spoils=("message", "template"), keys=("message", "template"))
def ticket_emailed(world, spoilt):
    address = f"awa{Ticket.objects.count()}@shop.example"
    ticket = open_ticket(
        TicketOrder(
            requester_kind=RequesterKind.MERCHANT,
            merchant_id=world.merchant.pk,
            subject="A word",
            body="A word.",
            category=TicketCategory.OTHER,
            language="fr",
            livemode=False,
            contact=address,
        ),
        author=SYSTEM,
        channel=Channel.API,
        now=timezone.now(),
    )
    enqueue(
        "tickets.email",
        message=str(new_id() if spoilt == "message" else ticket.messages.get().pk),
        template="no_such" if spoilt == "template" else "ticket_answer",
    )
    return lambda: [address] in [email.to for email in mail.outbox]


@topic("dispute.follow_up", spoils=("history",))
def dispute(world, spoilt):
    payment = Payment.objects.get(pk=world.pay(succeeded=True).owner_id)
    dispute = open_dispute(
        payment_id=payment.pk,
        order=DisputeOrder(reason="fraud", evidence_due_at=timezone.now()),
        opened_by="payer",
        now=timezone.now() - timedelta(days=1),
    )
    if spoilt:
        # The number of its next move is taken.
        StatusChange.objects.create(
            owner_type="dispute",
            owner_id=dispute.pk,
            sequence=dispute.sequence + 1,
            to_status="won",
            source="worker",
            created_at=timezone.now(),
        )
    return lambda: Dispute.objects.get(pk=dispute.pk).status == "under_review"


@topic("dispute.open_from_file", spoils=("currency",))
def line_of_disputes(world, spoilt):
    attempt = world.pay(succeeded=True)
    # Of a currency that nobody knows.
    currency = "QQQ" if spoilt else "XAF"
    Payment.objects.filter(pk=attempt.owner_id).update(currency=currency)
    file = DisputeFile.objects.create(
        provider_account=world.account,
        file_name="disputes.csv",
        file_digest=attempt.pk.bytes * 2,
        created_at=timezone.now(),
    )
    line = DisputeFileLine.objects.create(
        file=file,
        line_number=1,
        case=attempt.pk.hex,
        provider_reference=attempt.provider_reference,
        amount=100,
        currency=currency,
        reason="fraud",
        status="waiting",
        due_at=timezone.now(),
        tried_from=timezone.now(),
    )
    return lambda: DisputeFileLine.objects.get(pk=line.pk).status == "opened"


@topic("payout_batch.run", spoils=("history",))
def batch_expired(world, spoilt):
    world.pay(succeeded=True)
    long_ago = timezone.now() - timedelta(days=2)
    batch = make_batch(world.merchant, now=long_ago, lines=1)
    submit_batch(batch_id=batch.pk, submitted_by="key:maker", source="api", now=long_ago)
    if spoilt:
        # The number of its next move is taken.
        StatusChange.objects.create(
            owner_type="payout_batch",
            owner_id=batch.pk,
            sequence=PayoutBatch.objects.get(pk=batch.pk).sequence + 1,
            to_status="draft",
            source="worker",
            created_at=timezone.now(),
        )
    return lambda: PayoutBatch.objects.get(pk=batch.pk).status == "draft"


@topic("approval.expire", spoils=("history",))
def expired(world, spoilt):
    now = timezone.now()
    payout = Payout.objects.create(
        merchant=world.merchant,
        livemode=False,
        amount=1_000,
        currency="XAF",
        country="CM",
        operator="mtn",
        provider=FAKE,
        payee_msisdn_encrypted=b"",
        payee_msisdn_index=b"",
        payee_msisdn_masked="",
        status="needs_approval",
        sequence=1,
        created_at=now,
    )
    Approval.objects.create(
        merchant=world.merchant,
        livemode=False,
        action="payout.send",
        target=payout.public_id,
        amount=1_000,
        currency="XAF",
        digest=b"",
        made_by="key:1",
        requested_by="key:1",
        requested_at=now,
        expires_at=now,
        due_at=now,
    )
    if spoilt:
        # The number of its next move is taken.
        StatusChange.objects.create(
            owner_type="payout", owner_id=payout.pk, sequence=2,
            to_status="canceled", source="worker", created_at=now,
        )  # fmt: skip
    return lambda: Payout.objects.get(pk=payout.pk).status == "canceled"


@topic("payout_batch.check_name", spoils=("number", "name"))
def name_checked(world, spoilt):
    batch = batch_of_another(world.merchant, now=timezone.now())
    line = batch.lines.get()
    if spoilt:
        column = "payee_msisdn_encrypted" if spoilt == "number" else "payee_name_encrypted"
        PayoutBatchLine.objects.filter(pk=line.pk).update(**{column: UNREADABLE})
    NameCheck.objects.filter(pk=line.pk).update(
        result="waiting", score=None, due_at=timezone.now(), opened_at=timezone.now()
    )
    # No rail of these can be asked, and is tried again; who cannot be read is never asked about.
    return lambda: NameCheck.objects.get(pk=line.pk).tries > 0


@topic("float.read", spoils=("credentials",))
def read(world, spoilt):
    # A closed account is asked nothing, and no longer waits.
    account = unreadable_credentials() if spoilt else open_account(is_active=False)
    watch = FloatWatch.objects.create(provider_account=account, due_at=timezone.now())
    return lambda: FloatWatch.objects.get(pk=watch.pk).due_at is None


@topic("statement_source.poll", spoils=("zone",))
def looked_at(world, spoilt):
    now, account = timezone.now(), ProviderAccountFactory()
    if spoilt:
        ProviderAccount.objects.filter(pk=account.pk).update(timezone="Nowhere/None")
    source = new_source(account, now=now)
    rows = StatementSource.objects.filter(pk=source.pk)
    rows.update(due_at=now)
    # Nobody answers there, which is an ordinary failure: it is looked at again later.
    return lambda: rows.get().failure == "connection"


@topic("received_file.read", spoils=("content",))
def file_read(world, spoilt):
    now = timezone.now()
    file = new_file(
        new_source(ProviderAccountFactory(), now=now),
        now=now,
        status="fetched",
        problem="",
        waiting_since=None,
        due_at=now,
        sha256=b"another" if spoilt else hashlib.sha256(b"content").digest(),
    )
    # Nothing reads the reports of an account without credentials, which a person is told.
    return lambda: ReceivedFile.objects.get(pk=file.pk).status == "quarantined"


@topic("settlement.close", spoils=("zone",))
def closed(world, spoilt):
    now, merchant = timezone.now(), MerchantFactory()
    new_terms(merchant, now=now - timedelta(days=1))
    world.pay(succeeded=True, merchant=merchant)
    if spoilt:
        Merchant.objects.filter(pk=merchant.pk).update(timezone="Nowhere/None")
    cycle = SettlementCycle.objects.filter(merchant=merchant)
    cycle.update(due_at=now)
    # An hour of the day, and not when it is tried again.
    return lambda: cycle.get().due_at.minute == 0 and cycle.get().due_at > timezone.now()


@topic("merchant_day.sum", spoils=("zone",))
def summed(world, spoilt):
    now, merchant = timezone.now(), MerchantFactory()
    world.pay(succeeded=True, merchant=merchant)
    begin_cycles(now=now)
    cycle = DayCycle.objects.filter(merchant=merchant)
    if spoilt:
        Merchant.objects.filter(pk=merchant.pk).update(timezone="Nowhere/None")
    # The day is not over: it is looked at again once it is.
    return lambda: cycle.get().due_at > timezone.now() and not cycle.get().failures


@topic("day_report.send", spoils=("credentials",))
def report_sent(world, spoilt):
    now, merchant = timezone.now(), MerchantFactory()
    subscription = new_subscription(merchant, now=now)
    if spoilt:
        ReportSubscription.objects.filter(pk=subscription.pk).update(
            credentials_encrypted=UNREADABLE
        )
    day = new_day(merchant, now=now)
    fresh = {"failures": 0, "failing_since": None, "failure": "", "files": []}
    sent = new_sending(subscription, day, now=now, way="sftp", due_at=now, **fresh)
    # Nobody answers there, which is an ordinary failure.
    return lambda: ReportSending.objects.get(pk=sent.pk).failure == "connection"


@topic("settlement.pay", spoils=("history",))
def settled(world, spoilt):
    # One that is disabled has its settlement put on hold: a move.
    now, merchant = timezone.now(), MerchantFactory(is_active=not spoilt)
    settlement = new_settlement(
        new_terms(merchant, now=now), now=now, status="waiting", amount=10,
        closing_balance=10, due_at=now,
    )  # fmt: skip
    if spoilt:
        # The number of its next move is taken.
        StatusChange.objects.create(
            owner_type="settlement", owner_id=settlement.pk, sequence=settlement.sequence + 1,
            to_status="on_hold", source="worker", created_at=now,
        )  # fmt: skip
    # It is sent, or no rail takes it and it is tried again.
    return lambda: Settlement.objects.get(pk=settlement.pk).due_at > now + timedelta(minutes=5)


@topic("payout.succeeded_late", keys=("payout_id",))
def sent_after_all(world, spoilt):
    now = timezone.now()
    payout = Payout.objects.create(
        merchant=world.merchant,
        livemode=False,
        amount=1_000,
        currency="XAF",
        status="succeeded",
        payee_msisdn_encrypted=UNREADABLE,
        payee_msisdn_index=UNREADABLE,
        created_at=now,
        completed_at=now,
    )
    line = new_line(make_batch(world.merchant, now=now), 9, status="failed", payout_id=payout.pk)
    line.save(force_insert=True)
    enqueue("payout.succeeded_late", payout_id=str(payout.pk))
    return lambda: PayoutBatchLine.objects.get(pk=line.pk).status == "succeeded"


@topic("reporting.email", spoils=("zone",), keys=("schedule_id", "begin", "end"))
def reported(world, spoilt):
    name = f"manager{User.objects.count()}"
    user = User.objects.create_superuser(name, email=f"{name}@lomi.example")
    schedule = ReportSchedule.objects.create(
        user=user,
        cadence=ReportSchedule.Cadence.DAILY,
        timezone="Nowhere/City" if spoilt == "zone" else "Africa/Dakar",
        next_at=timezone.now(),
    )
    day = {"begin": "2026-03-01T00:00:00+00:00", "end": "2026-03-02T00:00:00+00:00"}
    enqueue("reporting.email", schedule_id=str(schedule.pk), **day)
    return lambda: [user.email] in [email.to for email in mail.outbox]


@topic("attempt.contradicted", spoils=("attempt",), keys=("attempt_id", "detail"))
def contradicted(world, spoilt):
    attempt_id = new_id() if spoilt else world.pay_sent().pk
    enqueue("attempt.contradicted", attempt_id=str(attempt_id), detail="succeeded, then failed")
    return lambda: Discrepancy.objects.filter(attempt_id=attempt_id).exists()


@topic("reconciliation.match_statement", spoils=("statement",), keys=("statement_id",))
def matched(world, spoilt):
    statement_id = new_id() if spoilt else stage(open_account(), foreign_line()).pk
    if spoilt:
        enqueue("reconciliation.match_statement", statement_id=str(statement_id))
    return lambda: Statement.objects.filter(
        pk=statement_id, status=Statement.Status.MATCHED
    ).exists()


@topic("payout_batch.check", spoils=("piece",), keys=("batch_id",))
def checked(world, spoilt):
    with transaction.atomic():
        batch = receive_batch(
            merchant=MerchantFactory(),
            livemode=False,
            order=BatchOrder(currency="XAF", source="file", created_by="key:one"),
            content=[b"phone;amount\n677000001;100\n"],
            now=timezone.now(),
        )
    if spoilt:
        PayoutBatchPiece.objects.filter(batch=batch).update(content_encrypted=UNREADABLE)
    return lambda: PayoutBatch.objects.filter(pk=batch.pk, status="draft").exists()


@topic("monitoring.notify", spoils=("address",), keys=("notification_id",))
def notified(world, spoilt):
    now = timezone.now()
    channel = AlertChannel(name=f"night {new_id()}", created_at=now)
    address = world.receiver.url.replace("http://", "json://")
    save_channel(channel, address=address, actor="system", now=now)
    if spoilt:
        AlertChannel.objects.filter(pk=channel.pk).update(address_encrypted=UNREADABLE)
    incident = Incident.objects.create(
        key=str(new_id()),
        rule="stuck_work",
        severity="warning",
        first_seen_at=now,
        last_seen_at=now,
        opened_at=now,
    )
    told = Notification.objects.create(
        incident=incident, channel=channel, step="opened", created_at=now
    )
    enqueue("monitoring.notify", notification_id=str(told.pk))
    return lambda: Notification.objects.get(pk=told.pk).status == Notification.Status.SENT


@topic(
    "reconciliation.ask_provider",
    spoils=("discrepancy", "number"),
    keys=("attempt_id", "discrepancy_id"),
)
def asked(world, spoilt):
    attempt = world.pay_sent()
    if spoilt == "number":
        unreadable_number(attempt)
    discrepancy = Discrepancy.objects.create(
        kind=Discrepancy.Kind.AMOUNT_DIFFERS,
        provider_account=world.account,
        attempt_id=attempt.pk,
        currency="XAF",
        opened_at=timezone.now(),
    )
    enqueue(
        "reconciliation.ask_provider",
        attempt_id=str(attempt.pk),
        discrepancy_id=str(new_id() if spoilt == "discrepancy" else discrepancy.pk),
    )
    return lambda: Attempt.objects.get(pk=attempt.pk).status == AttemptStatus.SUCCEEDED


def open_ticket_of(merchant) -> Ticket:
    promise_service_levels()
    return open_ticket(
        TicketOrder(
            requester_kind=RequesterKind.MERCHANT,
            merchant_id=merchant.pk,
            subject="No webhook",
            body="Since noon.",
            category="webhook_not_received",
            language="fr",
            livemode=False,
        ),
        author=SYSTEM,
        channel=Channel.API,
        now=timezone.now() - timedelta(days=30),
    )


@topic("ticket.clock", spoils=("calendar",))
def clock_looked_at(world, spoilt):
    clock = open_ticket_of(world.merchant).clocks.get(kind="resolution")
    if spoilt:
        clock.calendar = BusinessCalendar.objects.create(
            name="Nowhere", zone="No/Where", created_at=timezone.now()
        )
        clock.save()
    return lambda: TicketClock.objects.get(pk=clock.pk).breached_at is not None


@topic("ticket.tell_staff", spoils=("ticket", "clock"), keys=("ticket_id", "what", "clock"))
def staff_told(world, spoilt):
    ticket = open_ticket_of(world.merchant)
    # Of its own clocks nothing is to be said here.
    TicketClock.objects.update(next_look_at=None)
    address = f"team{Team.objects.count()}@desk.example"
    ticket.team = Team.objects.create(name=address, email=address, created_at=timezone.now())
    ticket.save()
    enqueue(
        "ticket.tell_staff",
        ticket_id=str(new_id() if spoilt == "ticket" else ticket.pk),
        what="warned",
        clock="no_such" if spoilt == "clock" else "resolution",
    )
    return lambda: [address] in [email.to for email in mail.outbox]


@pytest.fixture
def world(provider, settings):
    settings.WEBHOOK_PRIVATE_ADDRESSES_ALLOWED = True
    receiver = Receiver()
    yield World(provider, receiver)
    receiver.close()


def test_every_topic_says_what_spoils_an_item_of_it():
    assert set(CASES) == set(routes())
    assert all(case.spoils or case.keys for case in CASES.values())


SPOILT = [(name, spoilt) for name, case in CASES.items() for spoilt in case.spoils]
MESSAGES = [name for name, case in CASES.items() if case.keys]


@pytest.mark.parametrize(("name", "spoilt"), SPOILT)
def test_an_item_spoilt_in_the_ways_of_its_topic_harms_no_neighbour(world, name, spoilt):
    make = CASES[name].make
    before = [make(world, "") for _ in range(2)]
    is_done = make(world, spoilt)
    # Together no more than an account has slots for: a callback that is put off comes later.
    after = [make(world, "")]
    begun = time.monotonic()

    run_worker_loop(name)

    assert [each() for each in (*before, *after)] == [True] * 3
    assert not is_done()
    # It waits for its next try, a second at least: the loop does not spin on it.
    assert run_worker_loop(name) <= time.monotonic() - begun


@pytest.mark.parametrize("payload", ["nothing", "rubbish"])
@pytest.mark.parametrize("name", MESSAGES)
def test_a_message_that_says_nothing_harms_no_neighbour_and_gets_an_owner(world, name, payload):
    make, keys = CASES[name].make, CASES[name].keys
    before = make(world, "")
    said = dict.fromkeys(keys, "rubbish") if payload == "rubbish" else {}
    spoilt = outbox.enqueue(name, now=timezone.now(), **said)
    after = make(world, "")
    begun = time.monotonic()

    run_worker_loop(name)

    assert (before(), after()) == (True, True)
    kept = OutboxMessage.objects.get(pk=spoilt.pk)
    # Between two tries is a second at least.
    assert 1 <= kept.tries <= 1 + time.monotonic() - begun
    assert kept.needs_person_since is None
    assert kept.last_error

    OutboxMessage.objects.filter(pk=spoilt.pk).update(
        tries=outbox.TRIES_ALONE_MAX - 1, available_at=timezone.now()
    )
    run_worker_loop(name)

    kept.refresh_from_db()
    assert kept.needs_person_since is not None
    assert kept.available_at > timezone.now() + timedelta(minutes=50)


@pytest.mark.parametrize("name", sorted(routes()))
def test_an_outage_while_a_topic_concludes_loses_no_answer(world, name, monkeypatch):
    """What was asked or sent is written down when the database is back, and not asked again."""
    from django.db import OperationalError

    route, conclude, fails = routes()[name], engine._WorkerLoop._run_after_batch, [1] * 3

    def away(loop, answered):
        if fails:
            fails.pop()
            loop._after_batch_failed(answered, OperationalError("gone"))
        else:
            conclude(loop, answered)

    monkeypatch.setattr(engine._WorkerLoop, "_run_after_batch", away)
    monkeypatch.setattr(engine, "DATABASE_RETRY_S", 0.001)
    done = [CASES[name].make(world, "") for _ in range(3)]

    run_worker_loop(name)

    assert [each() for each in done] == [True] * 3
    assert not isinstance(route.source, OutboxTopic) or not OutboxMessage.objects.filter(topic=name)
