from __future__ import annotations

from apps.core.public_ids import decode_id, encode_id
from apps.merchants.caller import Caller
from apps.merchants.selectors.rotation_root import rotation_root

KEYS = ("secret_key", "restricted_key")


def maker_of(caller: Caller) -> str:
    """Whose act it is, as `created_by`, `submitted_by` and `approved_by` keep it: whoever rotates
    its key, or takes another token, is the same. One query of a key's."""
    if caller.kind in KEYS:
        root = rotation_root(decode_id("key", caller.credential))
        return f"key:{encode_id('key', root)}"
    if caller.application_id is not None:
        return f"application:{encode_id('app', caller.application_id)}"
    return f"{caller.kind}:{caller.credential}"
