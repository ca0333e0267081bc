from apps.orchestration.admin.attempts import AttemptAdmin
from apps.orchestration.admin.callbacks import CallbackAdmin

__all__ = ["AttemptAdmin", "CallbackAdmin"]
