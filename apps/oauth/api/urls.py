from __future__ import annotations

from django.urls import path

from apps.oauth.api.client_certificates import CertificateDetail, CertificateList
from apps.oauth.api.oauth_applications import ApplicationDetail, ApplicationList

urlpatterns = [
    path("oauth_applications", ApplicationList.as_view()),
    path("oauth_applications/<str:application_id>", ApplicationDetail.as_view()),
    path("client_certificates", CertificateList.as_view()),
    path("client_certificates/<str:certificate_id>", CertificateDetail.as_view()),
]
