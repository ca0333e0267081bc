from __future__ import annotations

from django.urls import path

from apps.merchants.api.api_keys import (
    ApiKeyDetail,
    ApiKeyList,
    ApiKeyRotation,
    ApiKeySuccessor,
)
from apps.merchants.api.me import Me

urlpatterns = [
    path("api_keys", ApiKeyList.as_view()),
    path("api_keys/<str:key_id>", ApiKeyDetail.as_view()),
    path("api_keys/<str:key_id>/rotate", ApiKeyRotation.as_view()),
    path("api_keys/<str:key_id>/successor", ApiKeySuccessor.as_view()),
    path("me", Me.as_view()),
]
