"""What the lines of a statement came to."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from apps.core.public_ids import new_id
from apps.orchestration.models import Attempt
from apps.reconciliation.models.statements import Statement


class StatementFigures(models.Model):
    """How many lines of a statement agree, so that a page need not count lines.

    Of those that count alone: what was seen before or superseded is in no figure. `changed_at` is
    since when its lines have stood otherwise than they were counted; null: they stand so.
    """

    statement = models.OneToOneField(
        Statement, on_delete=models.PROTECT, primary_key=True, related_name="figures"
    )
    # The last day the statement covers.
    day = models.DateField(_("day"))
    matched = models.PositiveIntegerField(_("matched lines"), default=0, db_default=0)
    # Of the matched ones.
    by_hand = models.PositiveIntegerField(_("matched by hand"), default=0, db_default=0)
    exceptions = models.PositiveIntegerField(_("exceptions"), default=0, db_default=0)
    # False: counted before there were fees in numbers.
    are_fees_counted = models.BooleanField(default=False, db_default=False)
    changed_at = models.DateTimeField(_("to be counted again since"), null=True, blank=True)

    class Meta:
        verbose_name = _("figures of a statement")
        verbose_name_plural = _("reconciliation in numbers")
        constraints = [
            models.CheckConstraint(
                name="statement_figures_by_hand", condition=Q(by_hand__lte=F("matched"))
            ),
        ]
        indexes = [
            models.Index(name="statement_figures_day", fields=["day"]),
            # What is to be counted again.
            models.Index(
                name="statement_figures_changed",
                fields=["changed_at"],
                condition=Q(changed_at__isnull=False),
            ),
            # Few: those of before.
            models.Index(
                name="statement_figures_no_fees",
                fields=["day"],
                condition=Q(are_fees_counted=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.statement_id} {self.matched}/{self.matched + self.exceptions}"


class FeeFigures(models.Model):
    """What the provider charged by a statement's lines, beside what was agreed.

    Of the lines of one operation in one currency that agree with ours, or differ in their fee
    alone. A statement that states no fee has no row. In minor units; counted with the statement's
    figures.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    statement = models.ForeignKey(
        # The constraint's index begins with it.
        Statement,
        on_delete=models.PROTECT,
        related_name="fee_figures",
        db_index=False,
    )
    # The last day the statement covers.
    day = models.DateField(_("day"))
    operation = models.CharField(_("operation"), max_length=12, choices=Attempt.Operation.choices)
    currency = models.CharField(_("currency"), max_length=3)
    lines = models.PositiveIntegerField(_("lines"))
    # Of these, whose fee is another than was agreed.
    differing = models.PositiveIntegerField(_("fees that differ"))
    amount = models.BigIntegerField(_("amount"))
    charged = models.BigIntegerField(_("charged"))
    # As it was agreed when the statement was counted; null: nothing was.
    expected = models.BigIntegerField(_("agreed"), null=True, blank=True)

    class Meta:
        verbose_name = _("fees of a statement")
        verbose_name_plural = _("fees against the agreement")
        constraints = [
            models.UniqueConstraint(
                name="fee_figures_once", fields=["statement", "operation", "currency"]
            ),
            models.CheckConstraint(
                name="fee_figures_differing",
                condition=Q(differing__lte=F("lines"))
                & (Q(expected__isnull=False) | Q(differing=0)),
            ),
        ]
        indexes = [models.Index(name="fee_figures_day", fields=["day"])]

    def __str__(self) -> str:
        return f"{self.statement_id} {self.operation} {self.charged}"
