from apps.approvals.admin.requests import ApprovalRequestAdmin
from apps.approvals.admin.rules import ApprovalRuleAdmin
from apps.approvals.admin.stand_ins import ApprovalStandInAdmin

__all__ = ["ApprovalRequestAdmin", "ApprovalRuleAdmin", "ApprovalStandInAdmin"]
