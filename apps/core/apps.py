from django.apps import AppConfig
from django.core.checks import Tags, register
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class CoreConfig(AppConfig):
    name = "apps.core"
    label = "core"
    verbose_name = _("Stuck work")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from apps.core.admin_headers import draw_headers_once
        from apps.core.checks import check_environment, refuse_unsound
        from apps.core.postgresql.privileges import check_role, grant_after_migrate
        from apps.core.retention import check_retention

        draw_headers_once()
        register(check_retention)
        register(check_role, Tags.security, deploy=True)
        # Of one app: once, after all migrations.
        post_migrate.connect(grant_after_migrate, sender=self)
        refuse_unsound(check_environment())
