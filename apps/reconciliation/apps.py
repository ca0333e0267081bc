from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ReconciliationConfig(AppConfig):
    name = "apps.reconciliation"
    label = "reconciliation"
    verbose_name = _("Reconciliation")

    def ready(self) -> None:
        from apps.payments.admin_sections import register_section, register_tile
        from apps.reconciliation.admin_payment import open_discrepancies, payment_entries

        register_section(payment_entries)
        register_tile(open_discrepancies, permission="reconciliation.view_discrepancy")
