from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from apps.approvals.models import Approval
from apps.approvals.services.decide_approval import (
    ApprovalByTheSamePerson,
    ApprovalChanged,
    ApprovalNotPending,
)
from apps.core.errors import DomainError
from apps.merchants.caller import Caller
from apps.merchants.scopes import APPROVED_BY_OTHERS
from apps.merchants.selectors.maker_of import maker_of


class ApprovalNeedsStaff(DomainError):
    code = "approval_needs_staff"
    status = 409
    title = "What is like this is approved by people of the platform."
    staff_words = _("What is like this is approved by people of the platform.")


class MadeByThisKey(ApprovalByTheSamePerson):
    staff_words = _("Another person than who asked for it has to approve it.")


class WaitsNoMore(ApprovalNotPending):
    staff_words = _("This was decided already.")


class NotAsShown(ApprovalChanged):
    staff_words = _("This is not what was shown. Look at it again.")


def refuse_key(approval: Approval, *, is_approved: bool, caller: Caller) -> str:
    """Whose decision it is, as approvals name it, where the caller may decide this approval.

    Raises:
        ApprovalNeedsStaff: a rule demanded people of the platform when it was asked for.
        MadeByThisKey: it is approved by who made it, by a key that replaced hers, or by one that
            may make such things, and so may give another key the right to. She may reject it.
    """
    decided_by = maker_of(caller)
    names = {decided_by, caller.actor, caller.credential, f"key:{caller.credential}"}
    is_maker = bool({approval.made_by, approval.requested_by} & names)
    if is_approved and is_maker:
        raise MadeByThisKey("Have another key or person approve it.")
    if is_approved and (made := sorted(APPROVED_BY_OTHERS & caller.scopes)):
        raise MadeByThisKey(f"Have a key without {' and '.join(made)} approve it.")
    if approval.is_for_staff and not is_maker:
        raise ApprovalNeedsStaff("A rule demands that people of the platform decide it.")
    return decided_by
