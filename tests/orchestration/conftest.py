from tests.payments.conftest import account, broken_books, create

__all__ = ["account", "broken_books", "create"]
