"""Provider accounts (our contracts with the rails), the number plan, and the callbacks inbox."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from apps.core.public_ids import encode_id, new_id
from apps.merchants.models import SETTLEMENT_DELAY_DAYS_MAX

OPERATION_NAMES = {
    "collect": _("collect"),
    "refund": _("refund"),
    "disburse": _("disburse"),
}


def collects_only() -> list[str]:
    return ["collect"]


class ProviderAccount(models.Model):
    """One set of credentials at one provider. Routing reads these rows; staff edit them.

    Its credentials are a encrypted JSON object of strings, read only by the registry.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    connector = models.CharField(_("connector"), max_length=32)
    label = models.CharField(_("label"), max_length=80)
    country = models.CharField(_("country"), max_length=2)
    currency = models.CharField(_("currency"), max_length=3)
    livemode = models.BooleanField(_("live mode"))
    # Whose contract it is; null when it is the platform's and serves every merchant.
    merchant_id = models.UUIDField(_("merchant"), null=True, blank=True)
    credentials_encrypted = models.BinaryField(db_column="credentials_sealed")
    # What our contract with the provider, and these credentials, are for.
    operations = ArrayField(
        models.CharField(
            max_length=12,
            choices=list(OPERATION_NAMES.items()),
        ),
        verbose_name=_("operations"),
        default=collects_only,
        db_default=["collect"],
    )
    # Encrypted anew they are other bytes and the same credentials: whose SHA-256 is the second
    # keep the first for a fingerprint.
    kept_fingerprint = models.BinaryField(max_length=8, null=True)
    kept_fingerprint_of = models.BinaryField(max_length=32, null=True)
    # The provider's day ends at midnight of this zone; its statements cover such days.
    timezone = models.CharField(_("time zone"), max_length=40)
    amount_min = models.PositiveBigIntegerField(_("smallest amount"))
    amount_max = models.PositiveBigIntegerField(_("largest amount"))
    # Lower is tried first; among equals, the higher weight.
    priority = models.PositiveSmallIntegerField(_("priority"), default=100)
    weight = models.PositiveSmallIntegerField(
        _("weight"), default=1, validators=[MinValueValidator(1)]
    )
    # Read by the release before alone: what a provider takes is in its contract, apps/fees.
    cost_basis_points = models.PositiveIntegerField(_("cost, basis points"), default=0)
    orders_per_minute = models.PositiveIntegerField(
        _("orders a minute"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text=_("As many as the provider takes; more wait here. Empty: it says no limit."),
    )
    # Calendar days, in its time zone, until what is paid here is the merchant's to ask for; 0: at
    # once. A merchant may have a delay of its own.
    settlement_delay_days = models.PositiveSmallIntegerField(
        _("settlement delay, days"),
        default=0,
        db_default=0,
        validators=[MaxValueValidator(SETTLEMENT_DELAY_DAYS_MAX)],
    )
    # How long "never heard of it" proves nothing, in seconds; null: the connector's own figure.
    unknown_reference_grace_s = models.PositiveIntegerField(
        _("grace for unknown references, seconds"), null=True, blank=True
    )
    is_active = models.BooleanField(_("active"), default=True)
    created_at = models.DateTimeField(_("created"))

    class Meta:
        verbose_name = _("provider account")
        verbose_name_plural = _("provider accounts")
        constraints = [
            # A mistyped year would keep merchants' money for as long.
            models.CheckConstraint(
                name="provider_account_settlement_delay",
                condition=Q(settlement_delay_days__range=(0, SETTLEMENT_DELAY_DAYS_MAX)),
            ),
        ]

    @property
    def public_id(self) -> str:
        return encode_id("pa", self.pk)

    def __str__(self) -> str:
        return self.label


class StagedCredentials(models.Model):
    """The secrets that one person typed for an account, until another has approved them: the
    account then has them, or nobody has. Only the encrypted text is here."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    # Of an account that is not opened yet there is no row.
    account_id = models.UUIDField(_("provider account"), db_index=True)
    # A JSON object of strings.
    secrets_encrypted = models.BinaryField()
    created_at = models.DateTimeField(_("created"))

    class Meta:
        verbose_name = _("credentials that wait for approval")
        verbose_name_plural = _("credentials that wait for approval")

    def __str__(self) -> str:
        return str(self.pk)


class NumberPlanRule(models.Model):
    """A correction of the operator the phone library names, from a day on. Longest prefix wins.

    Source: national number plans; brands are sold and ranges reassigned.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    country = models.CharField(_("country"), max_length=2)
    # National digits, without the country code.
    prefix = models.CharField(_("prefix"), max_length=12)
    operator = models.CharField(_("operator"), max_length=16)
    valid_from = models.DateField(_("valid from"))
    valid_to = models.DateField(_("valid to"), null=True, blank=True)

    class Meta:
        verbose_name = _("number plan rule")
        verbose_name_plural = _("number plan rules")

    def __str__(self) -> str:
        return f"{self.country} {self.prefix} {self.operator}"


class Callback(models.Model):
    """A provider's callback as it came. A hint: what it says is never believed, only asked about.

    The signed token in the URL says whose address it came to: that of one attempt, or that of an
    account, whose provider has one address for all; then its body names the attempt. Body and
    headers are encrypted: they name the payer, and sign.
    """

    class Status(models.TextChoices):
        RECEIVED = "received", pgettext_lazy("feminine", "received")
        # It led to a query of the provider.
        HANDLED = "handled", pgettext_lazy("feminine", "handled")
        # It could not be from the provider.
        REJECTED = "rejected", pgettext_lazy("feminine", "rejected")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    connector = models.CharField(_("connector"), max_length=32)
    attempt_id = models.UUIDField(_("attempt"), db_index=True, null=True, blank=True)
    # Set where it came to the address of an account.
    provider_account_id = models.UUIDField(_("provider account"), null=True, blank=True)
    method = models.CharField(_("method"), max_length=8)
    content_type = models.CharField(_("content type"), max_length=100, default="", blank=True)
    body_encrypted = models.BinaryField(db_column="body_sealed")
    # A JSON object of those that are read; null: none of them came.
    headers_encrypted = models.BinaryField(null=True)
    body_digest = models.BinaryField(max_length=32)
    status = models.CharField(
        _("status"), max_length=12, choices=Status.choices, default=Status.RECEIVED
    )
    note = models.CharField(_("note"), max_length=200, default="", blank=True)
    # How many more came for this attempt than are kept; counted on its first.
    more_count = models.PositiveIntegerField(_("more, not kept"), default=0, db_default=0)
    received_at = models.DateTimeField(_("received"))
    handled_at = models.DateTimeField(_("handled"), null=True, blank=True)

    class Meta:
        verbose_name = _("callback")
        verbose_name_plural = _("callbacks")

    def __str__(self) -> str:
        return f"{self.connector} {self.pk}"
