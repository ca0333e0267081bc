from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SupportTicketsConfig(AppConfig):
    name = "apps.support_tickets"
    label = "support_tickets"
    verbose_name = _("Support")
