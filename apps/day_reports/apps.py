from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class DayReportsConfig(AppConfig):
    name = "apps.day_reports"
    label = "day_reports"
    verbose_name = _("Day reports")
