from __future__ import annotations

import json
from datetime import datetime, time, timedelta

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import Group, Permission, User
from django.db import transaction
from django.test import Client
from django.utils import timezone

from apps.approvals.models import ApprovalRule, ApprovalStandIn
from apps.approvals.services.request_approval import request_approval
from apps.audit.models import AuditEntry
from apps.audit.services.chain_entries import chain_entries
from apps.audit.services.record import record
from apps.core.hours import hour_of
from apps.core.money import Money
from apps.core.public_ids import new_id
from apps.core.ttl_cache import clear_all
from apps.disputes.models import DisputeFile, DisputeFileLine
from apps.disputes.services.open_dispute import DisputeOrder, open_dispute
from apps.floats.models import FloatReading, FloatWatch
from apps.ledger.models import Release, ReserveRelease
from apps.ledger.services.adjust_accounts import adjust_accounts
from apps.merchants.caller import Caller
from apps.merchants.models import Member, Merchant
from apps.merchants.services.create_api_key import create_api_key
from apps.monitoring.models import AlertChannel, Incident, Notification
from apps.monitoring.services.make_rules import make_rules
from apps.oauth.models import ClientCertificate
from apps.oauth.services.issue_tokens import issue_tokens
from apps.oauth.services.register_application import register_application
from apps.orchestration.models import Attempt
from apps.payments.models import Payment
from apps.payout_batches.models import NameCheck
from apps.payout_batches.rules.contexts import RAIL_NAME_CONTEXT
from apps.payout_batches.services.check_batch import check_batch
from apps.payout_batches.services.receive_batch import BatchOrder, receive_batch
from apps.payouts.services.create_payout import PayoutRequest, create_payout
from apps.providers.models import NumberPlanRule
from apps.providers.services.store_callback import store_callback
from apps.reconciliation.models import (
    ClosedMonth,
    Discrepancy,
    FeeFigures,
    OwnTransferRule,
    Statement,
    StatementFigures,
    StatementLine,
)
from apps.reconciliation.rules.passes import PassTerms, PlanTerms
from apps.reconciliation.services.save_plan import save_plan
from apps.refunds.services.create_refund import RefundOrder, create_refund
from apps.reporting.models import ReportSchedule, StaffScope
from apps.reporting.services.count_hour import count_hour
from apps.settlement.models import BankAnswer, BankAnswerLine, BankFile
from apps.statement_formats.models import StatementProfile, StatementProfileVersion
from apps.support_tickets.models import (
    BusinessCalendar,
    CalendarDay,
    CalendarHours,
    CannedAnswer,
    RequesterKind,
    SlaPolicy,
    Team,
)
from apps.support_tickets.rules.author import payer_author
from apps.support_tickets.rules.subjects import Subject
from apps.support_tickets.services.add_attachment import add_attachment
from apps.support_tickets.services.open_ticket import TicketOrder, open_ticket
from apps.vault.encryption import encrypt
from apps.webhooks.models import Delivery
from tests.day_reports.rows import new_day, new_sending, new_subscription
from tests.factories import (
    EndpointFactory,
    MerchantFactory,
    PaymentFactory,
    ProviderAccountFactory,
)
from tests.settlement.rows import new_settlement, new_terms
from tests.statement_sources.rows import new_file, new_source
from tests.support_tickets.service_levels import promise_service_levels

MSISDN = "237677000001"


def _make_batch(merchant: Merchant, n: int, now: datetime) -> None:
    """A draft with a line that can be paid and one whose amount is wrong."""
    lines = f"phone;amount;name;motif\n+{MSISDN};100;Awa;For {MSISDN}\n6 77 00 00 01;x;Awa;\n"
    with transaction.atomic():
        batch = receive_batch(
            merchant=merchant,
            livemode=False,
            order=BatchOrder(
                currency="XAF",
                source="file",
                created_by="user:1",
                merchant_reference=f"{n}-{MSISDN}",
                description=f"Wages of +{MSISDN}",
                file_name=f"{MSISDN}.csv",
            ),
            content=[lines.encode()],
            now=now,
        )
    check_batch(batch_id=batch.pk, now=now)
    line = batch.lines.get(status="ready")
    NameCheck.objects.update_or_create(
        line=line,
        defaults={
            "batch": batch,
            "result": "different",
            "score": 10,
            "rail_name_masked": "P•••",
            "rail_name_encrypted": encrypt("Penda", context=RAIL_NAME_CONTEXT, row_id=line.pk),
            "opened_at": now,
            "checked_at": now,
            "due_at": None,
        },
    )


def make_rows(count: int) -> None:
    """`count` of everything, the payer's number in every place that people put it."""
    now = timezone.now()
    # Rows of a new installation, which tests before may have taken away.
    make_rules()
    promise_service_levels()
    for n in range(count):
        merchant = MerchantFactory()
        account = ProviderAccountFactory(
            merchant_id=merchant.pk, operations=["collect", "disburse"]
        )
        # It counts at once.
        clear_all()
        create_api_key(merchant=merchant, livemode=False, label="till", now=now)
        Member.objects.create(
            merchant=merchant,
            user=(owner := User.objects.create_user(f"awa-{merchant.pk}")),
            role=Member.Role.OWNER,
            created_at=now,
        )
        Authenticator.objects.create(user=owner, type=Authenticator.Type.TOTP, data={})
        EndpointFactory(merchant=merchant)
        application, _ = register_application(
            caller=Caller(merchant, False, frozenset(["payments:read"]), "key_test"),
            name="Till",
            scopes=["payments:read"],
            now=now,
        )
        issue_tokens(
            application=application,
            merchant_id=merchant.pk,
            user_id=None,
            scope="payments:read",
            refresh_scope="",
            access_token=f"token {merchant.pk}",
            refresh_token="",
            family=None,
            thumbprint="",
            now=now,
        )
        ClientCertificate.objects.create(
            merchant=merchant,
            livemode=False,
            thumbprint=merchant.pk.hex * 2,
            subject="CN=till",
            scopes=["payments:read"],
            not_before=now,
            not_after=now,
            created_at=now,
        )
        payment = PaymentFactory(
            merchant=merchant,
            account=account,
            succeeded=True,
            payer_msisdn=MSISDN,
            description=f"Order of +{MSISDN}",
            metadata={"client": "6 77 00 00 01"},
            merchant_reference=f"{n}-{MSISDN}",
        )
        PaymentFactory(merchant=merchant, account=account, verifying=True)
        with transaction.atomic():
            create_payout(
                merchant=merchant,
                livemode=False,
                request=PayoutRequest(
                    money=Money(500, "XAF"),
                    phone=f"+{MSISDN}",
                    merchant_reference=f"{n}-{MSISDN}",
                    description=f"Wages of +{MSISDN}",
                    metadata={"employee": "6 77 00 00 01"},
                ),
                now=now,
            )
        _make_batch(merchant, n, now)
        create_refund(
            payment_id=payment.pk,
            order=RefundOrder(
                amount=100, reason=f"Broken, says +{MSISDN}", metadata={"client": "6 77 00 00 01"}
            ),
            source="api",
            now=now,
        )
        _open_ticket(payment, now)
        Team.objects.create(name=f"Team {merchant.pk}", created_at=now)
        calendar = BusinessCalendar.objects.create(
            name=f"Desk {merchant.pk}", zone="Africa/Douala", country="CM", created_at=now
        )
        CalendarHours.objects.create(calendar=calendar, weekday=0, opens=time(8), closes=time(12))
        CalendarDay.objects.create(calendar=calendar, day=now.date(), reason="Decreed")
        SlaPolicy.objects.create(
            merchant=merchant,
            priority="normal",
            first_answer_minutes=60,
            resolution_minutes=480,
            calendar=calendar,
            created_at=now,
        )
        CannedAnswer.objects.create(
            code=f"answer-{merchant.pk.hex[-12:]}",
            title_fr="Bonjour",
            title_en="Hello",
            body_fr="Bonjour",
            body_en="Hello",
            created_at=now,
        )
        open_dispute(
            payment_id=payment.pk,
            order=DisputeOrder(reason="fraud", amount=100, complaint=f"Not I, says +{MSISDN}"),
            opened_by="payer",
            now=now,
        )
        dispute_file = DisputeFile.objects.create(
            provider_account=account,
            file_name="disputes.csv",
            file_digest=merchant.pk.bytes * 2,
            lines_read=1,
            created_at=now,
        )
        DisputeFileLine.objects.create(
            file=dispute_file,
            line_number=1,
            case=f"C-{n}",
            reference=str(payment.pk),
            amount=100,
            currency="XAF",
            reason="fraud",
            status="needs_person",
            problem="payment_unknown",
            raw="C-1;100;XAF;+237•••01",
        )
        attempt = payment.attempts.get()
        raw = {"payer": {"partyId": MSISDN, "local": "677000001"}, "status": "SUCCESSFUL"}
        Attempt.objects.filter(pk=attempt.pk).update(raw=raw)
        store_callback(
            connector="mtn_momo",
            attempt_id=attempt.pk,
            method="PUT",
            content_type="application/json",
            body=json.dumps(raw | {"payer": {"partyId": MSISDN}}).encode(),
            now=now,
        )
        NumberPlanRule.objects.create(
            country="CM", prefix=f"65{n}", operator="mtn", valid_from=now.date()
        )
        channel = AlertChannel.objects.create(
            name=f"night {merchant.pk}", kind="slack", address_encrypted=b"", created_at=now
        )
        incident = Incident.objects.create(
            key=f"provider:{merchant.pk}",
            rule="slow_replies",
            severity="warning",
            first_seen_at=now,
            last_seen_at=now,
            opened_at=now,
            acknowledged_by=owner,
        )
        Notification.objects.create(
            incident=incident, channel=channel, step="opened", created_at=now
        )
        record(actor="system", action="test.act", target=f"t{n}", now=now)
        role = Group.objects.create(name=f"Role {merchant.pk}")
        StaffScope.objects.create(group=role, countries=["CM"]).merchants.add(merchant)
        count_hour(hour_of(now), now=now)
        ReportSchedule.objects.create(
            user=owner, cadence=ReportSchedule.Cadence.DAILY, next_at=now + timedelta(days=1)
        )
        request_approval(
            action="payment.book_late_success",
            target=payment.public_id,
            payload={"attempt_id": str(attempt.pk), "amount": payment.amount},
            reason=f"Nobody knows of +{MSISDN}.",
            requested_by=User.objects.create_user(f"maker-{merchant.pk}"),
            now=now,
        )
        ApprovalRule.objects.create(
            name=f"Rule {merchant.pk.hex[-12:]}",
            action="payout_batch.start",
            currency="XAF",
            amount_min=1_000_000,
            steps=[{"persons": 1, "group": role.pk}, {"persons": 1, "group": None}],
            changed_at=now,
        )
        ApprovalStandIn.objects.create(
            person=owner,
            stand_in=User.objects.create_user(f"stand-in-{merchant.pk}"),
            from_at=now,
            until_at=now + timedelta(days=7),
        )
        FloatWatch.objects.create(provider_account=account, minimum=1_000)
        FloatReading.objects.create(
            provider_account=account,
            wallets={"disbursement": 900},
            available=900,
            payable=900,
            in_books=500,
            read_at=now,
        )
        statement = Statement.objects.create(
            provider_account=account,
            day=now.date(),
            file_name="report.csv",
            file_digest=merchant.pk.bytes * 2,
            status=Statement.Status.MATCHED,
            created_at=now,
        )
        StatementFigures.objects.create(statement=statement, day=statement.day, exceptions=1)
        FeeFigures.objects.create(
            statement=statement,
            day=statement.day,
            operation="collect",
            currency="XAF",
            lines=2,
            differing=1,
            amount=1000,
            charged=12,
            expected=10,
        )
        OwnTransferRule.objects.create(
            name=f"Sweep {new_id()}",
            from_account=account,
            to_account=ProviderAccountFactory(),
            from_text="sweep",
            days=2,
            starts_on=now.date(),
            owner=User.objects.create(username=f"owner-{new_id()}"),
            created_at=now,
        )
        ClosedMonth.objects.create(
            provider_account=account,
            month=now.date().replace(day=1),
            statements=1,
            open_count=0,
            digest=b"",
            reason=f"Agreed with +{MSISDN}",
            closed_at=now,
            requested_by="user:1",
            approved_by="user:2",
        )
        line = StatementLine.objects.create(
            statement=statement,
            line_number=1,
            amount=5_000,
            currency="XAF",
            attempt_id=attempt.pk,
            occurred_at=now,
            raw=f"5000;XAF;+{MSISDN};SUCCESSFUL",
        )
        adjust_accounts(
            {
                "correction_id": str(new_id()),
                "from": "bank",
                "to": "merchant_payable",
                "merchant_id": str(merchant.pk),
                "provider_account_id": "",
                "amount": 700,
                "currency": "XAF",
                "livemode": False,
                "evidence": "Letter 12",
                "discrepancy_id": "",
            },
            requested_by="user:1",
            approved_by="user:2",
            reason="Agreed.",
            now=now,
        )
        for release in (Release, ReserveRelease):
            release.objects.create(
                merchant_id=merchant.pk,
                provider_account_id=account.pk,
                currency="XAF",
                livemode=False,
                amount=1_000,
                count=1,
                available_at=now,
                created_at=now,
            )
        settlement = new_settlement(new_terms(merchant, now=now), now=now)
        day = new_day(merchant, now=now)
        new_sending(new_subscription(merchant, now=now), day, now=now, note=f"+{MSISDN}")
        file = BankFile.objects.create(
            livemode=False,
            currency="XAF",
            count=1,
            amount=1,
            content_encrypted=b"",
            digest=b"",
            status="draft",
            created_by="user:1",
            created_at=now,
        )
        answer = BankAnswer.objects.create(
            bank_file=file, digest=b"", status="draft", created_by="user:1", created_at=now
        )
        BankAnswerLine.objects.create(
            answer=answer,
            settlement=settlement,
            end_to_end_id=settlement.pk.hex,
            said="paid",
            contradiction="not_in_file",
            created_at=now,
        )
        save_plan(
            account_id=account.pk,
            terms=PlanTerms((PassTerms("our_reference"), PassTerms("number", 15))),
            number=1,
            now=now,
        )
        new_file(
            new_source(account, now=now),
            now=now,
            name=f"report_{MSISDN}.csv",
            problem_detail=f"Line 1: +{MSISDN}",
            note=f"+{MSISDN}",
        )
        profile = StatementProfile.objects.create(
            name=f"Portail {account.pk}",
            connector=account.connector,
            provider_account=account,
            created_at=now,
        )
        StatementProfileVersion.objects.create(
            profile=profile,
            number=1,
            layout={"format": "connector"},
            requested_by="user:1",
            approved_by="user:2",
            valid_from=now,
        )
        Discrepancy.objects.create(
            kind=Discrepancy.Kind.AMOUNT_DIFFERS,
            provider_account=account,
            statement=statement,
            line=line,
            attempt_id=attempt.pk,
            our_amount=5_000,
            their_amount=4_000,
            currency="XAF",
            opened_at=now - timedelta(hours=1),
        )
    Delivery.objects.update(tries=2, last_status_code=500, last_error="HTTP 500")
    chain_entries()


def _open_ticket(payment: Payment, now: datetime) -> None:
    """A payer's, who writes her number wherever she can."""
    order = TicketOrder(
        requester_kind=RequesterKind.PAYER,
        merchant_id=payment.merchant_id,
        livemode=payment.livemode,
        subject=f"I am 6 77 00 00 01, or +{MSISDN}",
        body=f"Call me: 677 000 001, or +{MSISDN}",
        category="paid_twice",
        language="fr",
        about=Subject("payment", payment.pk, payment.merchant_id, payment.livemode, "payment"),
        contact=f"+{MSISDN}",
    )
    ticket = open_ticket(order, author=payer_author(payment.public_id), channel="page", now=now)
    add_attachment(
        ticket_id=ticket.pk,
        name=f"{MSISDN}.txt",
        content=MSISDN.encode(),
        author=payer_author(payment.public_id),
        now=now,
    )


def acts():
    """The audit trail without how the person at the keyboard came in."""
    return AuditEntry.objects.exclude(action="user.sign_in")


@pytest.fixture
def admin(db) -> Client:
    """A superuser at the keyboard."""
    user = User.objects.create_superuser("awa", "awa@lomi.example", "secret")
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def login(db):
    """A member of staff with these permissions ("app.codename") and no other."""

    def with_permissions(*permissions: str) -> Client:
        user = User.objects.create_user("binta", password="secret", is_staff=True)
        codenames = [permission.split(".")[1] for permission in permissions]
        user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
        client = Client()
        client.force_login(user)
        return client

    return with_permissions


@pytest.fixture
def open_payment(db) -> Payment:
    EndpointFactory(merchant=(merchant := MerchantFactory()))
    return PaymentFactory(merchant=merchant, verifying=True)
