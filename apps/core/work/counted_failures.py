"""Rows that are their own queue, and whose work may fail in ways nobody foresaw."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

FAILURE_FIELDS = ("failures", "failing_since", "failure")
FAILURE_LENGTH_MAX = 300


class CountsFailures(models.Model):
    """How often the work of a row failed in a row, since when, and in which words.

    A leased_rows.LeasedRows with `failures_max` counts. Whoever did the work forgets them.
    """

    failures = models.PositiveSmallIntegerField(_("failures in a row"), default=0, db_default=0)
    failing_since = models.DateTimeField(_("failing since"), null=True, blank=True)
    failure = models.CharField(
        _("last failure"), max_length=FAILURE_LENGTH_MAX, default="", db_default="", blank=True
    )

    class Meta:
        abstract = True

    def forget_failures(self) -> None:
        """Unsaved: FAILURE_FIELDS are for the caller to write."""
        self.failures, self.failing_since, self.failure = 0, None, ""
