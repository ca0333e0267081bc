from __future__ import annotations

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.utils import timezone

from apps.approvals.models import ApprovalRule
from apps.approvals.rules import actions
from apps.approvals.rules.actions import ApprovableAction
from apps.approvals.rules.facts import AMOUNT, HOW, PAYEE, RAIL, Facts
from apps.approvals.services.decide_approval import decide_approval
from apps.approvals.services.request_approval import request_approval
from apps.core.errors import DomainError
from apps.reconciliation.selectors.find_violations import find_violations

# What was done, and by whose last word.
DONE: list[str] = []


class MadeByHer(DomainError):
    code = "made_by_her"


def run(payload, *, requested_by, approved_by, reason, now):
    if approved_by in payload.get("makers", ()):
        raise MadeByHer("She made it.")
    User.objects.filter(username="done").update(last_name=approved_by)
    DONE.append(approved_by)


def facts(payload):
    return Facts(
        amount=payload.get("amount"),
        currency=payload.get("currency", ""),
        rails=frozenset(payload.get("rails", ())),
        how=payload.get("how", ""),
        payees=frozenset(filter(None, [payload.get("payee", "")])),
        makers=frozenset(payload.get("makers", ())),
    )


@pytest.fixture(autouse=True)
def action(monkeypatch):
    """An act that writes down who approved it."""
    DONE.clear()
    here = "tests.approvals.conftest"
    act = ApprovableAction(
        title="Do it",
        run=f"{here}.run",
        facts=f"{here}.facts",
        tells=frozenset({AMOUNT, RAIL, HOW, PAYEE}),
    )
    monkeypatch.setitem(actions.approvable_actions(), "test.do", act)


@pytest.fixture
def role():
    def made(name):
        return Group.objects.get_or_create(name=name)[0]

    return made


@pytest.fixture
def person(role):
    """One of the staff who may decide, with these roles."""

    def made(name, *roles, codenames=("decide",)):
        user = User.objects.create_user(name, is_staff=True)
        user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
        user.groups.set(role(one) for one in roles)
        return user

    return made


@pytest.fixture
def rule(role):
    """steps: (persons, role or None)."""

    def made(*steps, **fields):
        return ApprovalRule.objects.create(
            **{
                "name": "Two of finance",
                "action": "test.do",
                "changed_at": timezone.now(),
                "steps": [
                    {"persons": persons, "group": name and role(name).pk} for persons, name in steps
                ],
                **fields,
            }
        )

    return made


@pytest.fixture
def ask():
    def asked(by, target="thing_1", *, action="test.do", **payload):
        # A rehearsal is no act.
        request = request_approval(
            action=action,
            target=target,
            payload=payload,
            reason="As agreed",
            requested_by=by,
            now=timezone.now(),
        )
        DONE.clear()
        return request

    return asked


@pytest.fixture
def decide():
    def decided(request, by, *, is_approved=True, reason="", evidence=None, now=None):
        request = decide_approval(
            request_id=request.pk,
            is_approved=is_approved,
            shown_digest=bytes(request.digest),
            decided_by=by,
            reason=reason,
            evidence=evidence,
            now=now or timezone.now(),
        )
        if request.status == "pending":
            DONE.clear()
        return request

    return decided


@pytest.fixture
def broken_books():
    """The invariants broken now, by name: none, one hopes."""

    def check(among=None):
        found = find_violations(now=timezone.now(), among=among)
        return {finding.invariant.name: finding.examples for finding in found if finding.violations}

    return check
