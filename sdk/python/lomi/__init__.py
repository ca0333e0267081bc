"""A small typed client of the LOMI AFRICA API. Needs nothing but Python.

client = lomi.Client("lomi_sk_test_…")
payment = client.payments.create({"amount": 1500, "currency": "XAF", "payer": {…}})
"""

from lomi.client import Client
from lomi.connection import ApiError, NoAnswer
from lomi.file_form import FilePart
from lomi.pages import Page
from lomi.uploads import FileChanged, upload_batch
from lomi.webhooks import WebhookNotGenuine, read_webhook

__all__ = [
    "ApiError",
    "Client",
    "FileChanged",
    "FilePart",
    "NoAnswer",
    "Page",
    "WebhookNotGenuine",
    "read_webhook",
    "upload_batch",
]
