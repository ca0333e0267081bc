"""How long this app's rows are kept."""

from apps.core.retention import KeptForEver, Rule

RETENTION: tuple[Rule, ...] = (
    KeptForEver("disputes.Dispute", "the books"),
    KeptForEver("disputes.EvidenceText", "what was decided was decided on it"),
    KeptForEver("disputes.EvidenceFile", "what was decided was decided on it; at most ten each"),
    KeptForEver("disputes.DisputeFile", "what was decided was decided on it"),
    KeptForEver("disputes.DisputeFileLine", "what was decided was decided on it"),
    KeptForEver("disputes.SigningKey", "a handful; packs it signed are checked by it"),
)
