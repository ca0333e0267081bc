"""Maker and checker: what one person asked for and others decide, and how many of whom."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q, Value
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from apps.core.public_ids import encode_id, new_id
from apps.merchants.models import Merchant
from apps.vault.models import KeptFile


def one_other_person() -> list[int | None]:
    return [None]


class ApprovalRequest(models.Model):
    """One act that needs other persons. It is done in the transaction of the last approval.

    `digest` is the SHA-256 of action, target and payload: what was shown is what is done.
    `steps` are those that the rules demanded when it was asked for, in their order, one person
    each: the id of the role she must have, null for anybody who may decide. Triggers hold that
    they never change, and that it is approved only by as many different persons.
    """

    class Status(models.TextChoices):
        PENDING = "pending", _("pending")
        APPROVED = "approved", pgettext_lazy("feminine", "approved")
        REJECTED = "rejected", pgettext_lazy("feminine", "rejected")
        # Nobody decided: what it is about ended, or was decided in another way.
        WITHDRAWN = "withdrawn", pgettext_lazy("feminine", "withdrawn")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    # A key of config/approvable_actions.py.
    action = models.CharField(_("action"), max_length=60)
    # The public id of what it is done to.
    target = models.CharField(_("target"), max_length=60)
    # JSON of what the action needs: ids and amounts, no personal data.
    payload = models.JSONField(_("details"))
    digest = models.BinaryField(max_length=32)
    # "" where nobody of the staff asked.
    reason = models.CharField(_("reason"), max_length=300)
    # One person is the least. A process of the release before does not name it.
    steps = models.JSONField(
        _("steps"), default=one_other_person, db_default=Value([None], models.JSONField())
    )
    status = models.CharField(
        _("status"), max_length=12, choices=Status.choices, default=Status.PENDING
    )
    # Null where nobody of the staff asked: a merchant made what waits.
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    requested_at = models.DateTimeField(_("requested"))
    # Afterwards it can only be rejected, or asked for again.
    expires_at = models.DateTimeField(_("expires"))
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)

    class Meta:
        verbose_name = _("approval request")
        verbose_name_plural = _("approval requests")
        constraints = [
            # Four eyes, whatever the code says: nobody approves what she asked for.
            models.CheckConstraint(
                name="approval_by_another",
                condition=~Q(status="approved") | ~Q(decided_by=F("requested_by")),
            ),
            models.CheckConstraint(
                name="approval_decided_or_withdrawn",
                condition=Q(status="pending", decided_by=None, decided_at=None)
                | Q(status="withdrawn", decided_by=None, decided_at__isnull=False)
                | (
                    Q(status__in=["approved", "rejected"])
                    & Q(decided_by__isnull=False)
                    & Q(decided_at__isnull=False)
                ),
            ),
            # The same act is asked for once at a time.
            models.UniqueConstraint(
                name="approval_pending_once",
                fields=["action", "target"],
                condition=Q(status="pending"),
            ),
        ]
        indexes = [
            models.Index(
                name="approval_pending", fields=["requested_at"], condition=Q(status="pending")
            ),
        ]
        # Apart from asking: who may only check holds this alone.
        permissions = [("decide", "Can approve and reject what others ask for")]

    @property
    def public_id(self) -> str:
        return encode_id("apr", self.pk)

    def __str__(self) -> str:
        return self.public_id


class ApprovalDecision(models.Model):
    """What one person said of a request: one approval is one step of it, a rejection its end.

    A trigger refuses whoever asked, and a person who counts already, herself or by a stand-in.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    # Goes with its request, by a trigger.
    request = models.ForeignKey(
        ApprovalRequest, on_delete=models.DO_NOTHING, related_name="decisions", db_index=False
    )
    # Which of the request's steps, from 1; null for a rejection.
    step = models.PositiveSmallIntegerField(_("step"), null=True)
    is_approved = models.BooleanField(_("approved"))
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    # Whose turn it was, where a stand-in decided.
    stands_for = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    reason = models.CharField(_("reason"), max_length=300, default="", blank=True)
    decided_at = models.DateTimeField(_("decided"))

    class Meta:
        verbose_name = _("decision")
        verbose_name_plural = _("decisions")
        constraints = [
            # One person counts once.
            models.UniqueConstraint(
                name="approval_decision_person",
                fields=["request", "person"],
                condition=Q(is_approved=True),
            ),
            models.UniqueConstraint(
                name="approval_decision_stands_for", fields=["request", "stands_for"]
            ),
            models.UniqueConstraint(name="approval_decision_step", fields=["request", "step"]),
            models.CheckConstraint(
                name="approval_decision_step_or_reason",
                condition=Q(is_approved=True, step__gte=1) | Q(is_approved=False, step=None),
            ),
            models.CheckConstraint(
                name="approval_decision_for_another", condition=~Q(person=F("stands_for"))
            ),
        ]

    def __str__(self) -> str:
        return f"{self.step} {self.person_id}"


class ApprovalEvidence(KeptFile):
    """The file that proves the reason of a request: its SHA-256 is part of the request's digest."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    request = models.OneToOneField(
        ApprovalRequest, on_delete=models.PROTECT, related_name="evidence"
    )

    class Meta:
        verbose_name = _("evidence of a request")
        verbose_name_plural = _("evidence of requests")

    def __str__(self) -> str:
        return str(self.request_id)


class RejectionEvidence(KeptFile):
    """The file that proves why a request was rejected."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    request = models.OneToOneField(
        ApprovalRequest, on_delete=models.PROTECT, related_name="rejection_evidence"
    )

    class Meta:
        verbose_name = _("evidence of a rejection")
        verbose_name_plural = _("evidence of rejections")

    def __str__(self) -> str:
        return str(self.request_id)


class ApprovalRule(models.Model):
    """Which acts need whom. All its conditions must hold; one that is empty always does.

    Several rules that match all count. Without any, one other person decides. `steps`, in their
    order: [{"persons": 2, "group": <id of a role, null for anybody who may decide>}]. `makers`: of
    these one made it, or has the role: "user:<id>", "role:<id>", "key:<id>", "application:<id>".
    """

    class How(models.TextChoices):
        API = "api", _("by API")
        HAND = "hand", _("by hand")
        FILE = "file", _("from a file")

    class Payee(models.TextChoices):
        NEW = "new", _("new")
        CHANGED = "changed", _("changed")

    class SumOf(models.TextChoices):
        PAYEE = "payee", _("one payee of the merchant")
        MERCHANT = "merchant", _("all of the merchant")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(_("name"), max_length=80)
    action = models.CharField(_("action"), max_length=60)
    # In minor units, both included: of the act alone, or of the sum.
    amount_min = models.PositiveBigIntegerField(_("amount from"), null=True, blank=True)
    amount_max = models.PositiveBigIntegerField(_("amount up to"), null=True, blank=True)
    # Of what the band is the sum, and over how long up to now; "": of the act alone.
    sum_of = models.CharField(
        _("sum of"), max_length=8, choices=SumOf.choices, default="", db_default="", blank=True
    )
    sum_hours = models.PositiveSmallIntegerField(_("within hours"), null=True, blank=True)
    currency = models.CharField(_("currency"), max_length=3, default="", blank=True)
    rail = models.CharField(_("rail"), max_length=40, default="", blank=True)
    how = models.CharField(_("made"), max_length=8, choices=How.choices, default="", blank=True)
    payee = models.CharField(
        _("payee"), max_length=8, choices=Payee.choices, default="", blank=True
    )
    makers = models.JSONField(
        _("made by"), default=list, db_default=Value([], models.JSONField()), blank=True
    )
    steps = models.JSONField(_("steps"))
    # Another key of the merchant whose it is may decide instead of these people.
    keys_may_decide = models.BooleanField(
        _("a key of the merchant may decide"), default=False, db_default=False
    )
    is_enabled = models.BooleanField(_("enabled"), default=True)
    changed_at = models.DateTimeField(_("changed"))

    class Meta:
        verbose_name = _("approval rule")
        verbose_name_plural = _("approval rules")
        constraints = [
            models.CheckConstraint(
                name="approval_rule_band",
                condition=Q(amount_min=None)
                | Q(amount_max=None)
                | Q(amount_min__lte=F("amount_max")),
            ),
            # 1,000 of no currency is no amount.
            models.CheckConstraint(
                name="approval_rule_band_in_currency",
                condition=Q(amount_min=None, amount_max=None) | ~Q(currency=""),
            ),
            models.CheckConstraint(
                name="approval_rule_sum_in_hours",
                condition=Q(sum_of="", sum_hours=None)
                | (~Q(sum_of="") & Q(sum_hours__gte=1, amount_min__isnull=False)),
            ),
        ]

    @property
    def public_id(self) -> str:
        return encode_id("aru", self.pk)

    def __str__(self) -> str:
        return self.name


class ApprovalStandIn(models.Model):
    """Who decides for whom while she is away. Both count as one."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    stand_in = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("stand-in"),
    )
    from_at = models.DateTimeField(_("from"))
    until_at = models.DateTimeField(_("until"))

    class Meta:
        verbose_name = _("stand-in")
        verbose_name_plural = _("stand-ins")
        constraints = [
            models.CheckConstraint(
                name="approval_stand_in_another", condition=~Q(person=F("stand_in"))
            ),
            models.CheckConstraint(
                name="approval_stand_in_period", condition=Q(from_at__lt=F("until_at"))
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person} – {self.stand_in}"


class Approval(models.Model):
    """What somebody of a merchant made, and another of the same merchant, or staff, must approve
    before it is done. It ends with what it is about, in the same transaction.

    `made_by`, `requested_by` and `decided_by` are named as what it is about names them: "key:<id>",
    "user:<id>".
    """

    class Status(models.TextChoices):
        PENDING = "pending", _("pending")
        APPROVED = "approved", pgettext_lazy("feminine", "approved")
        REJECTED = "rejected", pgettext_lazy("feminine", "rejected")
        # Nobody decided in time.
        EXPIRED = "expired", pgettext_lazy("feminine", "expired")
        # What it is about ended otherwise.
        WITHDRAWN = "withdrawn", pgettext_lazy("feminine", "withdrawn")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    merchant = models.ForeignKey(Merchant, on_delete=models.PROTECT, db_index=False)
    livemode = models.BooleanField(_("live mode"))
    # A key of config/approvable_actions.py.
    action = models.CharField(_("action"), max_length=60)
    # The public id of what it is done to.
    target = models.CharField(_("target"), max_length=60)
    amount = models.PositiveBigIntegerField(_("amount"))
    currency = models.CharField(_("currency"), max_length=3)
    # SHA-256 of all that is to be approved, as what it is about has it.
    digest = models.BinaryField(max_length=32)
    # A rule demanded people of the platform when it was asked for: no key decides.
    is_for_staff = models.BooleanField(_("for staff"), default=False, db_default=False)
    status = models.CharField(
        _("status"), max_length=12, choices=Status.choices, default=Status.PENDING
    )
    made_by = models.CharField(_("made by"), max_length=60)
    requested_by = models.CharField(_("asked by"), max_length=60)
    decided_by = models.CharField(_("decided by"), max_length=60, default="", blank=True)
    # Why it was rejected.
    reason = models.CharField(_("reason"), max_length=300, default="", blank=True)
    requested_at = models.DateTimeField(_("requested"))
    expires_at = models.DateTimeField(_("expires"))
    # When to end it unless somebody decided; null where what it is about sees to that.
    due_at = models.DateTimeField(null=True, blank=True)
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)

    class Meta:
        verbose_name = _("approval")
        verbose_name_plural = _("approvals")
        constraints = [
            # Four eyes, whatever the code says: nobody approves what she made or asked for.
            models.CheckConstraint(
                name="merchant_approval_by_another",
                condition=~Q(status="approved")
                | (
                    ~Q(decided_by="")
                    & ~Q(decided_by=F("made_by"))
                    & ~Q(decided_by=F("requested_by"))
                ),
            ),
            models.CheckConstraint(
                name="merchant_approval_decided",
                condition=Q(status="pending", decided_by="", decided_at=None)
                | Q(status__in=["expired", "withdrawn"], decided_by="", decided_at__isnull=False)
                | (
                    Q(status__in=["approved", "rejected"], decided_at__isnull=False)
                    & ~Q(decided_by="")
                ),
            ),
            # One thing waits once.
            models.UniqueConstraint(
                name="merchant_approval_pending_once",
                fields=["action", "target"],
                condition=Q(status="pending"),
            ),
        ]
        indexes = [
            models.Index(name="merchant_approval_list", fields=["merchant", "livemode", "-id"]),
            models.Index(
                name="merchant_approval_due", fields=["due_at"], condition=Q(due_at__isnull=False)
            ),
        ]

    @property
    def public_id(self) -> str:
        return encode_id("apv", self.pk)

    def __str__(self) -> str:
        return self.public_id


class AgreedVersion(models.Model):
    """What one person drafts and holds once another has approved just that; never changed then."""

    # Null until it is approved: the versions that ever held are numbered.
    number = models.PositiveIntegerField(_("version"), null=True, blank=True)
    created_by = models.CharField(_("made by"), max_length=60)
    approved_by = models.CharField(_("approved by"), max_length=60, default="", blank=True)
    created_at = models.DateTimeField(_("created"))
    valid_from = models.DateTimeField(_("valid from"), null=True, blank=True)

    class Meta:
        abstract = True

    @staticmethod
    def by_two(name: str) -> models.CheckConstraint:
        """Four eyes, whatever the code says."""
        return models.CheckConstraint(
            name=name,
            condition=Q(approved_by="", number__isnull=True, valid_from__isnull=True)
            | (
                ~Q(approved_by="")
                & ~Q(approved_by=F("created_by"))
                & Q(number__isnull=False, valid_from__isnull=False)
            ),
        )
