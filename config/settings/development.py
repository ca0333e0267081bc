"""A developer's machine: test mode, the simulators beside us."""

from config import env
from config.settings.base import *  # noqa: F403

DEBUG = False
ALLOWED_HOSTS = ["*"]
# Serve the admin's own files without a separate step or server.
SERVE_STATIC = True
DEMO_ALLOWED = True
SIMULATOR_GRACE_S = env.integer("SIMULATOR_GRACE_S", 15)
