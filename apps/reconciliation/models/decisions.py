"""What people decide of discrepancies, and how they look at them."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from apps.core.public_ids import new_id
from apps.reconciliation.models.discrepancies import Discrepancy
from apps.reconciliation.models.statements import StatementLine


class DiscrepancyEvent(models.Model):
    """What became of a discrepancy, in the order of `sequence`. A trigger refuses any change, and
    nobody may delete it.

    `before` and `after` are the fields that changed, as JSON; an act that changed none has a reason
    alone. `decision_id` is one for all that was decided at once.
    """

    class Act(models.TextChoices):
        # By the comparison of the two sides; a trigger writes it.
        COMPARED = "compared", _("compared again")
        COMMENT = "comment", _("comment")
        TAKE = "take", _("taken over")
        RESOLVE = "resolve", _("resolved")
        EXPECT = "expect", _("expected later")
        ASK = "ask", _("the provider is asked")
        MATCH = "match", _("matched by hand")
        WRITE_OFF = "write_off", _("written off")
        CORRECT = "correct", _("corrected")
        # Of the one that was booked, and of what is open because of it.
        TAKE_BACK = "take_back", _("booking taken back")
        DECIDE = "decide", _("its attempt was decided")
        UNDO = "undo", _("undone")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    discrepancy = models.ForeignKey(
        Discrepancy, on_delete=models.PROTECT, related_name="events", db_index=False
    )
    sequence = models.PositiveIntegerField()
    act = models.CharField(_("act"), max_length=12, choices=Act.choices)
    decision_id = models.UUIDField(default=new_id)
    # "user:7", or "system".
    actor = models.CharField(_("by"), max_length=80)
    reason = models.CharField(_("reason"), max_length=300, default="", blank=True)
    before = models.JSONField(default=dict, blank=True)
    after = models.JSONField(default=dict, blank=True)
    # The number of the event that it takes back.
    undoes = models.PositiveIntegerField(null=True, blank=True)
    created_at = models.DateTimeField(_("time"))

    class Meta:
        verbose_name = _("history of a discrepancy")
        verbose_name_plural = _("history of discrepancies")
        constraints = [
            # Also the index of a discrepancy's history.
            models.UniqueConstraint(
                name="discrepancy_event_once", fields=["discrepancy", "sequence"]
            ),
            # Nothing is taken back twice.
            models.UniqueConstraint(
                name="discrepancy_undone_once", fields=["discrepancy", "undoes"]
            ),
        ]
        indexes = [
            models.Index(name="discrepancy_event_decision", fields=["decision_id"]),
            # What somebody did last.
            models.Index(name="discrepancy_event_actor", fields=["actor", "id"]),
        ]

    def __str__(self) -> str:
        return f"{self.discrepancy_id} {self.sequence} {self.act}"


class HandMatch(models.Model):
    """Two people's word that a line stands for an attempt; several rows split it over several.

    It counts while `undone_at` is null and its line counts. `difference` is what the line has more
    than its attempts together, and `explained_as` why.
    """

    class Explanation(models.TextChoices):
        EQUAL = "", _("equal")
        FEE = "fee", _("the provider kept its fee")
        ROUNDING = "rounding", _("rounding")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    line = models.ForeignKey(
        StatementLine, on_delete=models.PROTECT, related_name="hand_matches", db_index=False
    )
    attempt_id = models.UUIDField(_("attempt"))
    # Of the attempt, in minor units.
    amount = models.BigIntegerField(_("amount"))
    currency = models.CharField(_("currency"), max_length=3)
    difference = models.BigIntegerField(_("difference"), default=0)
    explained_as = models.CharField(
        _("explained as"), max_length=12, choices=Explanation.choices, default="", blank=True
    )
    decision_id = models.UUIDField()
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    made_at = models.DateTimeField(_("made"))
    undone_at = models.DateTimeField(_("undone"), null=True, blank=True)

    class Meta:
        verbose_name = _("match by hand")
        verbose_name_plural = _("matches by hand")
        constraints = [
            # Four eyes.
            models.CheckConstraint(
                name="hand_match_by_two", condition=~Q(requested_by=F("approved_by"))
            ),
            # A difference is never left unexplained.
            models.CheckConstraint(
                name="hand_match_explained", condition=Q(difference=0) | ~Q(explained_as="")
            ),
            # What moved once is found once.
            models.UniqueConstraint(
                name="hand_match_attempt_once",
                fields=["attempt_id"],
                condition=Q(undone_at__isnull=True),
            ),
        ]
        indexes = [
            models.Index(
                name="hand_match_of_line", fields=["line"], condition=Q(undone_at__isnull=True)
            ),
            models.Index(name="hand_match_decision", fields=["decision_id"]),
        ]

    def __str__(self) -> str:
        return f"{self.line_id} {self.attempt_id}"


class SavedView(models.Model):
    """A person's own choice of filters of the desk, under a name."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    name = models.CharField(_("name"), max_length=40)
    # As it stands in the address of the page.
    query = models.CharField(max_length=300)

    class Meta:
        verbose_name = _("saved view")
        verbose_name_plural = _("saved views")
        constraints = [
            models.UniqueConstraint(name="saved_view_once", fields=["person", "name"]),
        ]

    def __str__(self) -> str:
        return self.name
