from __future__ import annotations

import json
import secrets
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group, Permission
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils import timezone

from apps.demo.services.make_source import make_source
from apps.fees.models import FeePlan
from apps.fees.rules.fee_terms import FeeTerms
from apps.fees.services.add_version import add_version
from apps.fees.services.give_plan import give_plan
from apps.merchants.models import ApiKey, Member, Merchant
from apps.merchants.scopes import GRANTABLE, PAYOUTS_APPROVE, PAYOUTS_READ
from apps.merchants.services.create_api_key import create_api_key
from apps.monitoring.models import AlertChannel, AlertRule
from apps.monitoring.services.make_rules import make_rules
from apps.monitoring.services.save_channel import save_channel
from apps.providers.connectors.mtn_momo import simulator as mtn
from apps.providers.connectors.orange_webpay import simulator as orange
from apps.providers.connectors.wave import simulator as wave
from apps.providers.contract import Operation
from apps.providers.models import ProviderAccount
from apps.providers.registry import PROFILES, check_credentials, encrypt_credentials
from apps.webhooks.models import Endpoint
from apps.webhooks.services.create_endpoint import create_endpoint

MERCHANTS = (
    {
        "name": "Boutique Wouri",
        "country": "CM",
        "currency": "XAF",
        "timezone": "Africa/Douala",
    },
    {
        "name": "Librairie Ébrié",
        "country": "CI",
        "currency": "XOF",
        "timezone": "Africa/Abidjan",
    },
)

# What each pays: hundredths of a percent, and how much beside.
PRICES = {"Boutique Wouri": (Decimal(200), 0), "Librairie Ébrié": (Decimal(180), 25)}

# What instructs providers, and the instructions.
OWNERS = ("payments", "refunds", "payouts", "orchestration", "disputes")

# Role -> the apps whose rows it may see.
ROLES = {
    "finance": (
        *OWNERS,
        "payout_batches",
        "ledger",
        "settlement",
        "day_reports",
        "floats",
        "reconciliation",
        "statement_formats",
        "statement_sources",
        "fees",
        "reporting",
    ),
    "support": (*OWNERS, "providers", "webhooks", "merchants", "support_tickets", "monitoring"),
}

# Both ask and approve; nobody approves what she asked for.
DISPUTING = ("add_dispute", "change_dispute", "view_approvalrequest", "add_approvalrequest")
DECISIONS = {
    "finance": (
        *DISPUTING,
        "decide",
        "view_approvalrule",
        "add_approvalrule",
        "change_approvalrule",
    ),
    "support": DISPUTING,
}

# The desk: answering, opening tickets, seeing how a requester is reached.
DESK = {"support": ("add_ticket", "change_ticket", "reveal_ticket")}

# And doing what moves no money by itself: asking providers, sending webhooks again, working at the
# desk of finance. What moves money asks a second person.
CALLS = {
    "finance": (
        ("reconciliation", "add_statement"),
        ("reconciliation", "change_discrepancy"),
        ("statement_formats", "add_statementprofileversion"),
        ("ledger", "add_correction"),
        ("fees", "add_feeplanversion"),
    ),
    "support": (
        ("payments", "change_payment"),
        ("refunds", "change_refund"),
        ("payouts", "change_payout"),
        ("webhooks", "change_delivery"),
    ),
}

# Who acts for a demo merchant; their logins are <first word of its name, lower case>-<role>.
MEMBER_ROLES = (Member.Role.OWNER, Member.Role.DEVELOPER)

LABEL = "demo"
# Statements may be of days before the account was made.
CONTRACT_AGE = timedelta(days=1_000)


class Command(BaseCommand):
    """The last line printed is one JSON object: keys, ids and logins of the demo."""

    help = "Test-mode merchants, rails at the simulators, and staff. Safe to repeat."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--webhook-url", default="", help="where the demo shop listens")
        parser.add_argument("--alert-url", default="", help="where the demo's night watch listens")

    @transaction.atomic
    def handle(self, *args: object, **options: Any) -> None:
        if not settings.DEMO_ALLOWED:
            raise CommandError("The demo's data belongs in development only.")
        password = secrets.token_urlsafe(12)
        merchants = [
            {
                **self._merchant(fields, options["webhook_url"], password),
                "provider_accounts": self._rails(
                    str(fields["country"]), str(fields["currency"]), str(fields["timezone"])
                ),
            }
            for fields in MERCHANTS
        ]
        if options["alert_url"]:
            self._night_watch(options["alert_url"])
        logins = [self._staff(name, password) for name in ("admin", *ROLES)]
        self.stdout.write(
            json.dumps({"merchants": merchants, "logins": logins, "password": password})
        )

    def _merchant(
        self, fields: dict[str, Any], webhook_url: str, password: str
    ) -> dict[str, str | list[str]]:
        now = timezone.now()
        merchant, _ = Merchant.objects.update_or_create(
            name=fields["name"],
            defaults={**fields, "language": "fr"},
            create_defaults={**fields, "language": "fr", "created_at": now},
        )
        self._charge(merchant, now)
        # The text of the old key is gone; a new one replaces it.
        ApiKey.objects.filter(merchant=merchant, label=LABEL, revoked_at=None).update(
            revoked_at=now
        )
        _, key = create_api_key(
            merchant=merchant,
            livemode=False,
            label=LABEL,
            scopes=GRANTABLE,
            now=now,
        )
        _, approving_key = create_api_key(
            merchant=merchant,
            livemode=False,
            label=LABEL,
            kind=ApiKey.Kind.RESTRICTED,
            scopes=[PAYOUTS_READ, PAYOUTS_APPROVE],
            now=now,
        )
        secret = ""
        Endpoint.objects.filter(merchant=merchant, is_enabled=True).update(is_enabled=False)
        if webhook_url:
            _, secret = create_endpoint(merchant=merchant, livemode=False, url=webhook_url, now=now)
        return {
            "id": merchant.public_id,
            "name": merchant.name,
            "country": merchant.country,
            "currency": merchant.currency,
            "api_key": key,
            # Of whoever approves batches that the other submitted.
            "approving_key": approving_key,
            "webhook_secret": secret,
            "members": [self._member(merchant, role, password) for role in MEMBER_ROLES],
        }

    def _charge(self, merchant: Merchant, now: datetime) -> None:
        """A fee plan of its own, unless it has one."""
        if merchant.fee_plans.exists():
            return
        basis_points, fixed = PRICES[merchant.name]
        currency = merchant.currency
        plan = FeePlan.objects.create(name=merchant.name, currency=currency, created_at=now)
        line = FeeTerms("collect", currency, basis_points=basis_points, fixed=fixed)
        add_version(plan=plan, lines=[line], valid_from=now, after_number=0, now=now)
        give_plan(merchant=merchant, plan=plan, valid_from=now, now=now)

    def _agree(self, account: ProviderAccount) -> None:
        """What the provider takes, unless that is agreed: 1 % of what it collects."""
        now = timezone.now()
        contract, is_new = FeePlan.objects.get_or_create(
            provider_account=account,
            defaults={"name": account.label, "currency": account.currency, "created_at": now},
        )
        if is_new:
            line = FeeTerms("collect", account.currency, basis_points=Decimal(100))
            since = account.created_at - CONTRACT_AGE
            add_version(plan=contract, lines=[line], valid_from=since, after_number=0, now=now)

    def _member(self, merchant: Merchant, role: Member.Role, password: str) -> str:
        """A login that acts for this merchant, and sees nothing of the admin."""
        login = f"{merchant.name.split()[0].lower()}-{role}"
        user, _ = get_user_model().objects.get_or_create(username=login)
        user.email = f"{login}@shop.example"
        user.is_active = True
        user.set_password(password)
        user.save()
        Member.objects.update_or_create(
            merchant=merchant,
            user=user,
            defaults={"role": role},
            create_defaults={"role": role, "created_at": timezone.now()},
        )
        return login

    def _rails(self, country: str, currency: str, timezone_name: str) -> dict[str, str]:
        rails = {
            "mtn_momo": {
                "base_url": f"{settings.SIMULATOR_URL}/mtn_momo",
                "target_environment": {"CM": "mtncameroon", "CI": "mtnivorycoast"}[country],
                "subscription_key": mtn.DEMO_SUBSCRIPTION_KEY,
                "api_user": mtn.DEMO_API_USER,
                "api_key": mtn.DEMO_API_KEY,
                "disbursement_subscription_key": mtn.DEMO_SUBSCRIPTION_KEY,
                "disbursement_api_user": mtn.DEMO_API_USER,
                "disbursement_api_key": mtn.DEMO_API_KEY,
            },
            "orange_webpay": {
                "base_url": f"{settings.SIMULATOR_URL}/orange_webpay",
                "env": country.lower(),
                "client_id": orange.CLIENT_ID,
                "client_secret": orange.CLIENT_SECRET,
                "merchant_key": orange.MERCHANT_KEY,
            },
        }
        if country in PROFILES["wave"].operations[Operation.COLLECT].currencies:
            rails["wave"] = {
                "base_url": f"{settings.SIMULATOR_URL}/wave",
                "api_key": wave.API_KEY,
                "webhook_secret": wave.WEBHOOK_SECRET,
            }
        accounts = {}
        for connector, credentials in rails.items():
            check_credentials(connector, credentials)
            collects = PROFILES[connector].operations[Operation.COLLECT]
            account, _ = ProviderAccount.objects.get_or_create(
                connector=connector,
                country=country,
                livemode=False,
                merchant_id=None,
                defaults={
                    "label": f"{PROFILES[connector].name} {country} (test)",
                    "currency": currency,
                    "credentials_encrypted": b"",
                    "operations": [],
                    "timezone": timezone_name,
                    "amount_min": collects.amount_min,
                    "amount_max": collects.amount_max,
                    # The simulators know a reference at once.
                    "unknown_reference_grace_s": settings.SIMULATOR_GRACE_S,
                    "created_at": timezone.now(),
                },
            )
            account.credentials_encrypted = encrypt_credentials(account.pk, credentials)
            account.operations = sorted(PROFILES[connector].operations)
            account.save(update_fields=["credentials_encrypted", "operations"])
            self._agree(account)
            accounts[connector] = account.public_id
            if settings.SIMULATOR_SFTP_KEY:
                make_source(account)
        return accounts

    def _night_watch(self, url: str) -> None:
        """Who is told of incidents, and a rule that fits a demo: three orders prove an outage."""
        channel, _ = AlertChannel.objects.get_or_create(
            name="Night watch", defaults={"language": "en", "created_at": timezone.now()}
        )
        address = url.replace("http://", "json://", 1)
        save_channel(channel, address=address, actor="system", now=timezone.now())
        make_rules()
        AlertRule.objects.filter(code="provider_unreached").update(
            includes_test=True,
            clear_s=0,
            parameters={"share": 0.2, "troubled_min": 3, "deviations": 1.0},
        )

    def _staff(self, name: str, password: str) -> str:
        user, _ = get_user_model().objects.get_or_create(username=name)
        user.is_staff = user.is_active = True
        user.is_superuser = name == "admin"
        user.set_password(password)
        user.save()
        if name in ROLES:
            group, _ = Group.objects.get_or_create(name=name)
            group.permissions.set(
                Permission.objects.filter(
                    content_type__app_label__in=ROLES[name], codename__startswith="view_"
                )
                | Permission.objects.filter(
                    content_type__app_label__in=("approvals", "disputes"),
                    codename__in=DECISIONS.get(name, ()),
                )
                | Permission.objects.filter(
                    content_type__app_label="support_tickets", codename__in=DESK.get(name, ())
                )
                | Permission.objects.filter(
                    content_type__app_label__in=[app for app, _ in CALLS.get(name, ())],
                    codename__in=[codename for _, codename in CALLS.get(name, ())],
                )
            )
            user.groups.set([group])
        return name
