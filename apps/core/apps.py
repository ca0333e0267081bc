from django.apps import AppConfig
from django.core.checks import register
from django.utils.translation import gettext_lazy as _


class CoreConfig(AppConfig):
    name = "apps.core"
    label = "core"
    verbose_name = _("Stuck work")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from apps.core.checks import check_environment, refuse_unsound
        from apps.core.retention import check_retention

        register(check_retention)
        refuse_unsound(check_environment())
