"""How the lines of an account's reports find what they stand for."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.core.public_ids import new_id
from apps.providers.models import ProviderAccount
from apps.reconciliation.models.statements import StatementLine

REPORT_DELAY_DAYS_MAX = 10
# Rounding, not money: in minor units.
TOLERANCE_MAX = 5


class MatchingPlan(models.Model):
    """How an account's lines look for their attempts, from one decision of two people to the next.

    Never changed: the highest number holds. An account without one has rules.passes.DEFAULT_PLAN.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    # Its index is the first column of matching_plan_number.
    provider_account = models.ForeignKey(
        ProviderAccount, on_delete=models.PROTECT, related_name="matching_plans", db_index=False
    )
    number = models.PositiveIntegerField(_("version"))
    # A movement may be in the report of so many days later; until then it is expected.
    report_delay_days = models.PositiveSmallIntegerField(_("days until it is reported"))
    # In minor units.
    tolerance = models.PositiveSmallIntegerField(_("allowed difference"))
    created_at = models.DateTimeField(_("created"))

    class Meta:
        verbose_name = _("matching plan")
        verbose_name_plural = _("matching plans")
        constraints = [
            models.UniqueConstraint(
                name="matching_plan_number", fields=["provider_account", "number"]
            ),
            models.CheckConstraint(
                name="matching_plan_bounds",
                condition=Q(report_delay_days__lte=REPORT_DELAY_DAYS_MAX)
                & Q(tolerance__lte=TOLERANCE_MAX),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.provider_account_id} {self.number}"


class MatchingPass(models.Model):
    """One step of a plan, tried on what the steps before it left. Never changed."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    plan = models.ForeignKey(
        MatchingPlan, on_delete=models.PROTECT, related_name="passes", db_index=False
    )
    position = models.PositiveSmallIntegerField(_("position"))
    code = models.CharField(_("pass"), max_length=20, choices=StatementLine.Pass.choices)
    # Days or minutes between the line and the attempt, as the code has it; 0 where it has none.
    window = models.PositiveIntegerField(_("window"), default=0)

    class Meta:
        verbose_name = _("pass")
        verbose_name_plural = _("passes")
        constraints = [
            models.UniqueConstraint(name="matching_pass_position", fields=["plan", "position"]),
            models.UniqueConstraint(name="matching_pass_once", fields=["plan", "code"]),
        ]

    def __str__(self) -> str:
        return f"{self.position} {self.code}"
