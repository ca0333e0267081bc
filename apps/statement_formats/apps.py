from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class StatementFormatsConfig(AppConfig):
    name = "apps.statement_formats"
    verbose_name = _("statement formats")
