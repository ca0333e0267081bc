from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class BankDoorsConfig(AppConfig):
    name = "apps.bank_doors"
    label = "bank_doors"
    verbose_name = _("Doors of our bank")
