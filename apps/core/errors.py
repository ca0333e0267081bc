"""Refusals of the domain: each has a stable public code, an HTTP status and a sentence."""

from __future__ import annotations

from django.utils.functional import Promise


class DomainError(Exception):
    """A request that cannot be served. Subclass it beside the service that refuses.

    `code` is public and never changes; `detail` is what the developer can do about it; `field`
    names the input at fault, "" when it is none in particular.

    Programs read `detail` in English. What only staff can meet has it translated where it is
    raised; what both can meet has `staff_words`, lazily translated, which staff read instead.
    """

    code = "invalid_request"
    status = 400
    title = "The request cannot be served."
    staff_words: str | Promise = ""

    def __init__(
        self, detail: str = "", *, field: str = "", retry_after_s: int | None = None
    ) -> None:
        super().__init__(detail or self.title)
        self.detail = detail or self.title
        self.field = field
        self.retry_after_s = retry_after_s
