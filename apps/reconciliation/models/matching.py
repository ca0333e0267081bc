"""How the lines of an account's reports find what they stand for."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from apps.core.public_ids import encode_id, new_id
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


RULE_DAYS_MAX = 10
RULE_TEXT_LENGTH_MIN = 3


class OwnTransferRule(models.Model):
    """What leaves one account of ours and comes into another without a reference that both have.

    Two people agree on it, and on its end. The amount alone is never enough: one of the two texts
    has to be in its line as it came.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(_("name"), max_length=60)
    from_account = models.ForeignKey(
        ProviderAccount,
        on_delete=models.PROTECT,
        related_name="rules_out",
        verbose_name=_("the money leaves"),
    )
    to_account = models.ForeignKey(
        ProviderAccount,
        on_delete=models.PROTECT,
        related_name="rules_in",
        verbose_name=_("the money comes into"),
    )
    # What the line as it came contains, in capitals or not; "": anything.
    from_text = models.CharField(_("in the line that leaves"), max_length=64, blank=True)
    to_text = models.CharField(_("in the line that comes in"), max_length=64, blank=True)
    # So many days after it left, it has come; each day in its own account's zone.
    days = models.PositiveSmallIntegerField(_("days until it has come"))
    # In minor units.
    tolerance = models.PositiveSmallIntegerField(_("allowed difference"), default=0)
    # Of the day on which it left. The first day on which the rule holds no more: null, it holds.
    starts_on = models.DateField(_("holds from"))
    ends_on = models.DateField(_("ended on"), null=True, blank=True)
    # Who sees to a line whose other side does not come.
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("who sees to what is missing"),
    )
    created_at = models.DateTimeField(_("created"))

    class Meta:
        verbose_name = _("rule for own transfers")
        verbose_name_plural = _("rules for own transfers")
        constraints = [
            models.CheckConstraint(
                name="own_transfer_rule_two_accounts",
                condition=~Q(from_account=F("to_account")),
            ),
            models.CheckConstraint(
                name="own_transfer_rule_bounds",
                condition=~Q(from_text="", to_text="")
                & Q(days__lte=RULE_DAYS_MAX, tolerance__lte=TOLERANCE_MAX)
                & (Q(ends_on=None) | Q(ends_on__gte=F("starts_on"))),
            ),
            # Of two that hold, people tell which is which.
            models.UniqueConstraint(
                name="own_transfer_rule_name", fields=["name"], condition=Q(ends_on=None)
            ),
        ]

    @property
    def public_id(self) -> str:
        return encode_id("otr", self.pk)

    def __str__(self) -> str:
        return self.name
