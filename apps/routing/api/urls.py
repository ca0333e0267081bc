from __future__ import annotations

from django.urls import path

from apps.routing.api.availability import ProviderAvailability
from apps.routing.api.payment_methods import PaymentMethodPrediction

urlpatterns = [
    path("payment_methods/predict", PaymentMethodPrediction.as_view(), name="payment-method"),
    path("providers/availability", ProviderAvailability.as_view(), name="availability"),
]
