from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ReconciliationConfig(AppConfig):
    name = "apps.reconciliation"
    label = "reconciliation"
    verbose_name = _("Reconciliation")

    def ready(self) -> None:
        from apps.payments.admin_sections import register_section
        from apps.reconciliation.admin_payment import payment_entries

        register_section(payment_entries)
