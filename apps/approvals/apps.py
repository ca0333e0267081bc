from django.apps import AppConfig
from django.core.checks import Tags, register
from django.utils.translation import gettext_lazy as _


class ApprovalsConfig(AppConfig):
    name = "apps.approvals"
    label = "approvals"
    verbose_name = _("Approval requests")

    def ready(self) -> None:
        from apps.approvals.selectors.check_rules import check_rules

        register(check_rules, Tags.database)
