from django.apps import AppConfig


class ReconciliationConfig(AppConfig):
    name = "apps.reconciliation"
    label = "reconciliation"

    def ready(self) -> None:
        from apps.payments.admin_sections import register_section, register_tile
        from apps.reconciliation.admin_payment import open_discrepancies, payment_entries

        register_section(payment_entries)
        register_tile(open_discrepancies, permission="reconciliation.view_discrepancy")
