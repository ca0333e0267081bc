"""Production's rules with test-mode rails."""

from config.settings.production import *  # noqa: F403
