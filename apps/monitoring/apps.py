from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class MonitoringConfig(AppConfig):
    name = "apps.monitoring"
    label = "monitoring"
    verbose_name = _("Control room")

    def ready(self) -> None:
        from apps.monitoring.services.make_rules import make_rules

        post_migrate.connect(make_rules, sender=self)
