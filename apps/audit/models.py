"""Who did what: an append-only record, each row chained to the one before by its hash."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class AuditEntry(models.Model):
    """One act of a person or a program. `position` and `chain_hash` are set by the chainer.

    `actor` is "user:<id>", "system" or a credential, "secret_key:<public id>"; `target` a public
    id.
    """

    id = models.BigAutoField(primary_key=True)
    actor = models.CharField(_("actor"), max_length=80)
    action = models.CharField(_("action"), max_length=80)
    target = models.CharField(_("target"), max_length=80, default="", blank=True)
    detail = models.JSONField(_("detail"), default=dict, blank=True)
    created_at = models.DateTimeField(_("at"))
    position = models.BigIntegerField(_("position"), null=True, unique=True, editable=False)
    chain_hash = models.BinaryField(max_length=32, null=True, editable=False)

    class Meta:
        verbose_name = _("audit entry")
        verbose_name_plural = _("audit entries")
        indexes = [
            # What staff search, some days at a time.
            models.Index(name="audit_created", fields=["created_at"]),
            # What the chainer has yet to seal.
            models.Index(
                name="audit_unchained", fields=["id"], condition=models.Q(position__isnull=True)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.actor} {self.action} {self.target}"
