"""Rows for every page: each model's plainest row, and one in every status there is."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.db import DatabaseError, transaction
from django.db.models import F
from django.utils import timezone

from apps.approvals.models import ApprovalDecision, ApprovalRequest
from apps.reconciliation.models import Statement
from tests.admin.conftest import make_rows

# Fields that say how a row stands: a row of each is shown.
STATES = ("status", "kind", "match", "role")
ROWS = 8


def make_every_row(models):
    """Rows of `models`, so that each state the database lets stand is there once."""
    make_rows(ROWS)
    for model in models:
        for field in model._meta.fields:
            if field.name in STATES and field.choices:
                _vary(model, field)


def _vary(model, field):
    pks = list(model._default_manager.order_by("pk").values_list("pk", flat=True))
    for pk, (value, _label) in zip(pks, field.choices, strict=False):
        try:
            with transaction.atomic():
                model._default_manager.filter(pk=pk).update(**{field.name: value})
        except DatabaseError:
            # The database wants more of a row in this state than the state alone.
            _vary_with_more(model, pk, field.name, value)


def _vary_with_more(model, pk, name, value):
    now = timezone.now()
    decider = User.objects.filter(username__startswith="stand-in").first()
    if model is ApprovalRequest and value != "withdrawn":
        is_approved = value == "approved"
        ApprovalDecision.objects.create(
            request_id=pk,
            step=1 if is_approved else None,
            is_approved=is_approved,
            person=decider,
            reason="" if is_approved else "Not so.",
            decided_at=now,
        )
    more = {
        "ApprovalRequest": {
            "decided_at": now,
            "decided_by": None if value == "withdrawn" else decider,
        },
        "Attempt": {"next_check_at": now, "completed_at": None},
        "Dispute": {
            "due_at": None,
            "closed_at": None if value == "under_review" else now,
            "amount_lost": {"lost": F("amount"), "partly_lost": 1}.get(value, 0),
        },
        "ReceivedFile": {"waiting_since": None, "statement": Statement.objects.first()},
    }
    # Where a state is one row's alone, another row has it.
    if model.__name__ in more:
        model._default_manager.filter(pk=pk).update(**{name: value}, **more[model.__name__])


def rows_of_each_state(model):
    """One row of each state, or any one."""
    rows = list(model._default_manager.order_by("pk")[:200])
    found = {}
    for row in rows:
        state = tuple(getattr(row, name, "") for name in STATES)
        found.setdefault(state, row)
    return list(found.values())
