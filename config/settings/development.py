"""A developer's machine: test mode, the simulators beside us."""

from config import env
from config.settings.base import *  # noqa: F403

DEBUG = False
ALLOWED_HOSTS = ["*"]
# Serve the admin's own files without a separate step or server.
SERVE_STATIC = True
DEMO_ALLOWED = True
WEBHOOK_PRIVATE_ADDRESSES_ALLOWED = True
ALERT_PRIVATE_ADDRESSES_ALLOWED = True
WEBHOOK_RETRY_SCALE = float(env.optional("WEBHOOK_RETRY_SCALE", "1"))
# E-mails are files to look at.
EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
EMAIL_FILE_PATH = env.optional("EMAIL_FILE_PATH", str(env.BASE_DIR / "var" / "mail"))
SIMULATOR_GRACE_S = env.integer("SIMULATOR_GRACE_S", 15)
