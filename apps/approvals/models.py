"""Maker and checker: what one person asked for and another decides."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from apps.core.public_ids import encode_id, new_id


class ApprovalRequest(models.Model):
    """One act that needs a second person. It is done in the transaction that approves it.

    `digest` is the SHA-256 of action, target and payload: what was shown is what is done.
    """

    class Status(models.TextChoices):
        PENDING = "pending", _("pending")
        APPROVED = "approved", pgettext_lazy("feminine", "approved")
        REJECTED = "rejected", pgettext_lazy("feminine", "rejected")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    # A key of config/approvable_actions.py.
    action = models.CharField(_("action"), max_length=60)
    # The public id of what it is done to.
    target = models.CharField(_("target"), max_length=60)
    # JSON of what the action needs: ids and amounts, no personal data.
    payload = models.JSONField(_("details"))
    digest = models.BinaryField(max_length=32)
    reason = models.CharField(_("reason"), max_length=300)
    status = models.CharField(
        _("status"), max_length=12, choices=Status.choices, default=Status.PENDING
    )
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
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
                name="approval_decided_by_somebody",
                condition=Q(status="pending", decided_by=None, decided_at=None)
                | (
                    ~Q(status="pending") & Q(decided_by__isnull=False) & Q(decided_at__isnull=False)
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

    @property
    def public_id(self) -> str:
        return encode_id("apr", self.pk)

    def __str__(self) -> str:
        return self.public_id
