from config import garbage

garbage.seldom()

from config.celery import app as celery_app  # noqa: E402 (the more is imported, the more it costs)

__all__ = ["celery_app"]
