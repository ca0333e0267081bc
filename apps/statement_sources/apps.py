from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class StatementSourcesConfig(AppConfig):
    name = "apps.statement_sources"
    label = "statement_sources"
    verbose_name = _("Getting statements")
