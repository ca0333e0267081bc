"""What the two sides do not agree on."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Abs
from django.utils.translation import gettext_lazy as _

from apps.core.public_ids import encode_id, new_id
from apps.providers.models import ProviderAccount
from apps.reconciliation.models.statements import Statement, StatementLine

OPEN = Q(status="open")


class Discrepancy(models.Model):
    """Something the two sides do not agree on; open until a person or the provider settles it.

    What was closed and comes up again is a new row with the amounts and the date of today; the
    old row is its history.
    """

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
        # Our amount is what the lines of the settlement sum up to, theirs what was paid.
        SETTLEMENT_DIFFERS = "settlement_differs", _("the settlement does not add up")
        CONTRADICTION = "contradiction", _("the provider contradicted itself")
        # The provider's report of `day` has not come.
        MISSING_STATEMENT = "missing_statement", _("no report of the day")

    class Status(models.TextChoices):
        OPEN = "open", _("open")
        # Both sides agree now: the provider was asked, or a later report brought what was missing.
        REPAIRED = "repaired", _("repaired")
        RESOLVED = "resolved", _("resolved")
        # A newer statement took the place of its line.
        SUPERSEDED = "superseded", _("superseded")
        # Its statement was withdrawn.
        WITHDRAWN = "withdrawn", _("withdrawn")
        # Two people said which attempts its line stands for: HandMatch.
        MATCHED = "matched", _("matched by hand")
        # Two people gave it up: the ledger has it.
        WRITTEN_OFF = "written_off", _("written off")
        # Two people booked it between the provider and whose it is: the ledger has it.
        CORRECTED = "corrected", _("corrected")
        # What was booked of it was reversed: what still differs is open anew, as another row.
        TAKEN_BACK = "taken_back", _("booking taken back")

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
    # Of a missing statement only; the others have their statement's.
    day = models.DateField(_("day"), null=True, blank=True)
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
    # Minor units: above zero what may be lost, below what is owed to others; zero also where nobody
    # knows. The database sets it by rules.value_at_risk.
    value_at_risk = models.BigIntegerField(_("value at risk"), default=0, db_default=0)
    # Open, and on nobody's list before this day.
    expected_until = models.DateField(_("expected until"), null=True, blank=True)
    # Its history so far. Who saw this number saw the row as it was then.
    sequence = models.PositiveIntegerField(default=0, db_default=0)

    class Meta:
        verbose_name = _("discrepancy")
        verbose_name_plural = _("discrepancies")
        constraints = [
            # A statement matched twice must not open the same discrepancy twice.
            models.UniqueConstraint(
                name="discrepancy_open_once",
                fields=["kind", "provider_account", "day", "statement", "line", "attempt_id"],
                condition=Q(status="open"),
                nulls_distinct=False,
            ),
        ]
        indexes = [
            models.Index(name="discrepancy_open", fields=["opened_at"], condition=Q(status="open")),
            # The desk: by age, by value, and by what it is narrowed to.
            models.Index(name="discrepancy_by_age", fields=["id"], condition=OPEN),
            models.Index(
                Abs("value_at_risk").desc(),
                "id",
                name="discrepancy_by_value",
                condition=OPEN,
            ),
            models.Index(name="discrepancy_of_kind", fields=["kind", "id"], condition=OPEN),
            models.Index(
                name="discrepancy_of_rail", fields=["provider_account", "id"], condition=OPEN
            ),
            models.Index(name="discrepancy_of_owner", fields=["owner", "id"], condition=OPEN),
            # What our books have no more, should it come after all.
            models.Index(
                name="discrepancy_written_off",
                fields=["provider_account"],
                condition=models.Q(status__in=("written_off", "corrected")),
            ),
            # What a line of this amount may stand for.
            models.Index(
                name="discrepancy_of_amount",
                fields=["provider_account", "our_amount"],
                condition=OPEN,
            ),
            # Which lines an attempt of this amount may be.
            models.Index(
                name="discrepancy_of_their_amount",
                fields=["provider_account", "their_amount"],
                condition=OPEN,
            ),
        ]

    @property
    def public_id(self) -> str:
        return encode_id("dsc", self.pk)

    def __str__(self) -> str:
        return self.public_id
