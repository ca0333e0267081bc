"""Fee plans, in versions that never change: what merchants pay us, and what providers charge."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from apps.core.money import EXPONENTS
from apps.core.public_ids import encode_id, new_id
from apps.merchants.models import Merchant
from apps.providers.models import ProviderAccount

# Of versions: those that were not taken back.
STANDING = Q(valid_until__isnull=True) | Q(valid_until__gt=F("valid_from"))

CURRENCIES = [(currency, currency) for currency in EXPONENTS]


class FeeReturn(models.TextChoices):
    """What a refund gives back of the fee of its payment, and of the tax on it."""

    NONE = "none", _("nothing")
    # Rounded down over all its refunds together.
    PROPORTIONAL = "proportional", _("the same share as of the amount")
    # With the refund that completes it.
    FULL = "full", _("all of it, once all of the payment is refunded")


class FeePlan(models.Model):
    """What is charged under one name. Its lines are in its versions.

    `currency` is what its amounts are in where a line names no currency of its own. The plan of a
    provider account is its contract: what the provider charges us there, and no merchant's.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(_("name"), max_length=80, unique=True)
    currency = models.CharField(_("currency"), max_length=3, choices=CURRENCIES)
    provider_account = models.OneToOneField(
        ProviderAccount,
        on_delete=models.PROTECT,
        related_name="contract",
        null=True,
        blank=True,
        verbose_name=_("provider account"),
        help_text=_("Whose contract it is. Empty: what merchants pay."),
    )
    created_at = models.DateTimeField(_("created"))

    class Meta:
        verbose_name = _("fee plan")
        verbose_name_plural = _("fee plans")

    @property
    def public_id(self) -> str:
        return encode_id("fpl", self.pk)

    def __str__(self) -> str:
        return self.name


class FeePlanVersion(models.Model):
    """The lines of a plan from one instant on, until the next version begins. Never changed: only
    `valid_until` is set, and empty again where the next one is taken back.

    One that is taken back before it began holds for no time: it ends as it begins.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    plan = models.ForeignKey(
        FeePlan,
        on_delete=models.PROTECT,
        related_name="versions",
        verbose_name=_("fee plan"),
        db_index=False,
    )
    number = models.PositiveIntegerField(_("version"))
    valid_from = models.DateTimeField(_("valid from"))
    valid_until = models.DateTimeField(_("valid until"), null=True, blank=True)
    # Of the fees that were charged by this version, whatever holds when the refund is made.
    fee_return = models.CharField(
        _("refunds give back of the fee"),
        max_length=12,
        choices=FeeReturn.choices,
        default=FeeReturn.NONE,
        db_default=FeeReturn.NONE,
    )
    # rules.lines_digest, of its lines as they were written.
    lines_digest = models.CharField(max_length=40)
    created_at = models.DateTimeField(_("created"))

    class Meta:
        verbose_name = _("version of a fee plan")
        verbose_name_plural = _("versions of fee plans")
        constraints = [
            models.UniqueConstraint(name="fee_version_number", fields=["plan", "number"]),
            # The one that holds now: a new one closes it.
            models.UniqueConstraint(
                name="fee_version_one_open",
                fields=["plan"],
                condition=Q(valid_until__isnull=True),
            ),
            models.CheckConstraint(
                name="fee_version_dates",
                condition=Q(valid_until__isnull=True) | Q(valid_until__gte=F("valid_from")),
            ),
        ]

    @property
    def public_id(self) -> str:
        return encode_id("fpv", self.pk)

    @property
    def is_taken_back(self) -> bool:
        return self.valid_until == self.valid_from

    def __str__(self) -> str:
        return f"{self.plan_id} {self.number}"


class FeeOperation(models.TextChoices):
    """What is charged for."""

    COLLECT = "collect", _("payment")
    DISBURSE = "disburse", _("payout")
    REFUND = "refund", _("refund")


class Rounding(models.TextChoices):
    HALF_UP = "half_up", _("to the nearest, half up")
    UP = "up", _("up")
    DOWN = "down", _("down")


class FeeLine(models.Model):
    """One price: what it is for, and how much. Never changed.

    A blank condition fits everything. Amounts are minor units of `currency`, of the plan's where
    that is blank. A price by bands of the amount is a line for each band.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    version = models.ForeignKey(
        FeePlanVersion, on_delete=models.PROTECT, related_name="lines", db_index=False
    )

    # --- What it is for
    operation = models.CharField(_("operation"), max_length=12, choices=FeeOperation.choices)
    # A connector's code, e.g. mtn_momo.
    provider = models.CharField(_("provider"), max_length=32, default="", blank=True)
    operator = models.CharField(_("operator"), max_length=16, default="", blank=True)
    method = models.CharField(_("method"), max_length=20, default="", blank=True)
    country = models.CharField(_("country"), max_length=2, default="", blank=True)
    currency = models.CharField(
        _("currency"), max_length=3, choices=CURRENCIES, default="", blank=True
    )
    # The band begins here and ends where the next one begins.
    amount_from = models.PositiveBigIntegerField(_("from amount"), default=0)

    # --- How much
    basis_points = models.DecimalField(
        _("hundredths of a percent"), max_digits=8, decimal_places=3, default=0
    )
    fixed = models.PositiveBigIntegerField(_("fixed"), default=0)
    fee_min = models.PositiveBigIntegerField(_("at least"), default=0)
    fee_max = models.PositiveBigIntegerField(_("at most"), null=True, blank=True)
    # Of the fee, e.g. 1925 for a value-added tax of 19.25 %.
    tax_basis_points = models.DecimalField(
        _("tax on the fee, hundredths of a percent"), max_digits=8, decimal_places=3, default=0
    )
    rounding = models.CharField(
        _("rounding"), max_length=8, choices=Rounding.choices, default=Rounding.HALF_UP
    )

    class Meta:
        verbose_name = _("line of a fee plan")
        verbose_name_plural = _("lines of fee plans")
        constraints = [
            # Of two lines for the same, neither would be the most specific.
            models.UniqueConstraint(
                name="fee_line_once",
                fields=[
                    "version", "operation", "provider", "operator", "method", "country", "currency",
                    "amount_from",
                ],
            ),
            models.CheckConstraint(
                name="fee_line_shares",
                condition=Q(basis_points__range=(0, 10_000), tax_basis_points__range=(0, 10_000)),
            ),
            models.CheckConstraint(
                name="fee_line_min_within_max",
                condition=Q(fee_max__isnull=True) | Q(fee_max__gte=F("fee_min")),
            ),
        ]  # fmt: skip

    @property
    def public_id(self) -> str:
        return encode_id("fln", self.pk)

    def __str__(self) -> str:
        return self.public_id


class MerchantFeePlan(models.Model):
    """The plan of a merchant from one instant on, until the next one. Never changed: only
    `valid_until` is set, and empty again where the next one is taken back. A merchant without one
    pays nothing.

    One that is taken back before it began holds for no time: it ends as it begins.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    merchant = models.ForeignKey(
        Merchant,
        on_delete=models.PROTECT,
        related_name="fee_plans",
        verbose_name=_("merchant"),
        db_index=False,
    )
    plan = models.ForeignKey(
        FeePlan, on_delete=models.PROTECT, related_name="merchants", verbose_name=_("fee plan")
    )
    valid_from = models.DateTimeField(_("valid from"))
    valid_until = models.DateTimeField(_("valid until"), null=True, blank=True)
    created_at = models.DateTimeField(_("created"))

    class Meta:
        verbose_name = _("fee plan of a merchant")
        verbose_name_plural = _("fee plans of merchants")
        constraints = [
            models.UniqueConstraint(
                name="merchant_fee_plan_one_open",
                fields=["merchant"],
                condition=Q(valid_until__isnull=True),
            ),
            models.UniqueConstraint(
                name="merchant_fee_plan_stands_once",
                fields=["merchant", "valid_from"],
                condition=Q(valid_until__isnull=True) | Q(valid_until__gt=F("valid_from")),
            ),
            models.CheckConstraint(
                name="merchant_fee_plan_dates",
                condition=Q(valid_until__isnull=True) | Q(valid_until__gte=F("valid_from")),
            ),
        ]
        indexes = [
            # All of a merchant's, in their order.
            models.Index(name="merchant_fee_plan_of_merchant", fields=["merchant", "valid_from"]),
        ]

    @property
    def public_id(self) -> str:
        return encode_id("mfp", self.pk)

    @property
    def is_taken_back(self) -> bool:
        return self.valid_until == self.valid_from

    def __str__(self) -> str:
        return f"{self.merchant_id} {self.plan_id}"
