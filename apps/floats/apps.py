from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class FloatsConfig(AppConfig):
    name = "apps.floats"
    label = "floats"
    verbose_name = _("Floats")
