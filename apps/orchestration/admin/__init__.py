from apps.orchestration.admin.attempts import AttemptAdmin

__all__ = ["AttemptAdmin"]
