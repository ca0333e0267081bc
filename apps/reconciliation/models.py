"""Providers' reports, their lines, and what does not agree."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.core.public_ids import encode_id, new_id
from apps.providers.models import ProviderAccount


class Statement(models.Model):
    """One report file of one provider account for one day of the provider's zone."""

    class Status(models.TextChoices):
        STAGED = "staged", _("staged")
        MATCHED = "matched", _("matched")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    provider_account = models.ForeignKey(
        ProviderAccount, on_delete=models.PROTECT, related_name="statements"
    )
    day = models.DateField(_("day"))
    file_name = models.CharField(_("file"), max_length=200)
    # SHA-256 of the file: the same file twice is one statement.
    file_digest = models.BinaryField(max_length=32)
    status = models.CharField(_("status"), max_length=12, choices=Status.choices)
    lines_read = models.PositiveIntegerField(_("lines"), default=0)
    lines_broken = models.PositiveIntegerField(_("unreadable lines"), default=0)
    created_at = models.DateTimeField(_("imported"))
    matched_at = models.DateTimeField(_("matched"), null=True, blank=True)

    class Meta:
        verbose_name = _("statement")
        verbose_name_plural = _("statements")
        constraints = [
            models.UniqueConstraint(
                name="statement_unique_file", fields=["provider_account", "file_digest"]
            ),
        ]

    @property
    def public_id(self) -> str:
        return encode_id("sta", self.pk)

    def __str__(self) -> str:
        return f"{self.provider_account} {self.day}"


class StatementLine(models.Model):
    """One line of a report. Never changed by hand; `attempt_id` is what it was matched with.

    `problem` is why a line could not be read; then only `raw` and `line_number` are set.
    """

    class Match(models.TextChoices):
        WAITING = "waiting", _("waiting")
        MATCHED = "matched", _("matched")
        # It does not agree: an open discrepancy carries it.
        EXCEPTION = "exception", _("exception")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    # Its index is the first column of statement_line_unique.
    statement = models.ForeignKey(
        Statement, on_delete=models.PROTECT, related_name="lines", db_index=False
    )
    line_number = models.PositiveIntegerField(_("line"))
    reference = models.CharField(_("our reference"), max_length=64, default="", blank=True)
    provider_reference = models.CharField(
        _("provider's reference"), max_length=64, default="", blank=True
    )
    amount = models.BigIntegerField(_("amount"), null=True, blank=True)
    fee = models.BigIntegerField(_("fee"), null=True, blank=True)
    currency = models.CharField(_("currency"), max_length=3, default="", blank=True)
    outcome = models.CharField(_("outcome"), max_length=16, default="", blank=True)
    occurred_at = models.DateTimeField(_("occurred"), null=True, blank=True)
    problem = models.CharField(_("problem"), max_length=200, default="", blank=True)
    raw = models.CharField(_("line as it came"), max_length=2000, default="", blank=True)
    match = models.CharField(
        _("match"), max_length=12, choices=Match.choices, default=Match.WAITING
    )
    attempt_id = models.UUIDField(_("attempt"), null=True, blank=True)

    class Meta:
        verbose_name = _("statement line")
        verbose_name_plural = _("statement lines")
        constraints = [
            models.UniqueConstraint(
                name="statement_line_unique", fields=["statement", "line_number"]
            ),
        ]
        indexes = [
            # Partial, so that a million lines staged cost as few index entries as possible.
            models.Index(
                name="statement_line_ref", fields=["reference"], condition=~Q(reference="")
            ),
            # "Has this movement been reported before?"
            models.Index(
                name="statement_line_their_ref",
                fields=["provider_reference"],
                condition=~Q(provider_reference=""),
            ),
            # "Does any statement mention this attempt?"
            models.Index(
                name="statement_line_attempt",
                fields=["attempt_id"],
                condition=Q(attempt_id__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.statement_id} line {self.line_number}"


class Discrepancy(models.Model):
    """Something the two sides do not agree on; open until a person or the provider settles it."""

    class Kind(models.TextChoices):
        UNREADABLE_LINE = "unreadable_line", _("unreadable line")
        UNKNOWN_TO_US = "unknown_to_us", _("the provider has it, we do not")
        UNKNOWN_TO_THEM = "unknown_to_them", _("we have it, the provider does not")
        AMOUNT_DIFFERS = "amount_differs", _("the amounts differ")
        CURRENCY_DIFFERS = "currency_differs", _("the currencies differ")
        STATUS_DIFFERS = "status_differs", _("the outcomes differ")
        # Our amount is the fee we expect, theirs the fee they took.
        FEE_DIFFERS = "fee_differs", _("the fees differ")
        DUPLICATE_LINE = "duplicate_line", _("the same movement twice")
        CONTRADICTION = "contradiction", _("the provider contradicted itself")

    class Status(models.TextChoices):
        OPEN = "open", _("open")
        # We asked the provider and its answer made both sides agree.
        REPAIRED = "repaired", _("repaired")
        RESOLVED = "resolved", _("resolved")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    kind = models.CharField(_("kind"), max_length=24, choices=Kind.choices)
    status = models.CharField(
        _("status"), max_length=12, choices=Status.choices, default=Status.OPEN
    )
    provider_account = models.ForeignKey(
        ProviderAccount, on_delete=models.PROTECT, related_name="discrepancies"
    )
    statement = models.ForeignKey(
        Statement, on_delete=models.PROTECT, null=True, blank=True, related_name="discrepancies"
    )
    line = models.ForeignKey(
        StatementLine, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    attempt_id = models.UUIDField(_("attempt"), null=True, blank=True, db_index=True)
    our_amount = models.BigIntegerField(_("our amount"), null=True, blank=True)
    their_amount = models.BigIntegerField(_("their amount"), null=True, blank=True)
    currency = models.CharField(_("currency"), max_length=3, default="", blank=True)
    detail = models.CharField(_("detail"), max_length=300, default="", blank=True)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True
    )
    resolution = models.CharField(_("resolution"), max_length=300, default="", blank=True)
    opened_at = models.DateTimeField(_("opened"))
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)

    class Meta:
        verbose_name = _("discrepancy")
        verbose_name_plural = _("discrepancies")
        constraints = [
            # A statement matched twice must not open the same discrepancy twice.
            models.UniqueConstraint(
                name="discrepancy_once",
                fields=["kind", "statement", "line", "attempt_id"],
                nulls_distinct=False,
            ),
        ]
        indexes = [
            models.Index(name="discrepancy_open", fields=["opened_at"], condition=Q(status="open")),
        ]

    @property
    def public_id(self) -> str:
        return encode_id("dis", self.pk)

    def __str__(self) -> str:
        return f"{self.kind} {self.public_id}"
