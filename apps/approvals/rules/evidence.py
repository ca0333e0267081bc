"""Under which names the file that proves a reason is encrypted."""

from __future__ import annotations

NAME_CONTEXT = "approvals_approvalevidence.name"
CONTENT_CONTEXT = "approvals_approvalevidence.content"
