from django.apps import AppConfig


class SupportTicketsConfig(AppConfig):
    name = "apps.support_tickets"
    label = "support_tickets"
