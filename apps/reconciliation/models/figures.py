"""What the lines of a statement came to."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

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
        ]

    def __str__(self) -> str:
        return f"{self.statement_id} {self.matched}/{self.matched + self.exceptions}"
