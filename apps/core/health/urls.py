from __future__ import annotations

from django.db import connection
from django.http import HttpRequest, JsonResponse
from django.urls import path


def health(request: HttpRequest) -> JsonResponse:
    """200 when the database answers; the middleware makes 503 of the rest.

    `needs_person` counts the work that failed too often: for monitoring, it changes no status.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM core_outboxmessage WHERE needs_person_since IS NOT NULL"
        )
        (needs_person,) = cursor.fetchone()
    return JsonResponse({"status": "ok", "needs_person": needs_person})


urlpatterns = [path("", health, name="health")]
