"""How long this app's rows are kept."""

from apps.core.retention import KeptForEver, Rule

RETENTION: tuple[Rule, ...] = (
    KeptForEver("settlement.SettlementTerms", "what was agreed, and by whom"),
    KeptForEver("settlement.SettlementCycle", "the books"),
    KeptForEver("settlement.SettlementNumber", "the books"),
    KeptForEver("settlement.Settlement", "the books"),
    KeptForEver("settlement.SettlementLine", "the books"),
    KeptForEver("settlement.BankFile", "what was decided, and by whom"),
    KeptForEver("settlement.BankAnswer", "what was decided, and by whom"),
    KeptForEver("settlement.BankAnswerLine", "what the bank said, and who saw to it"),
)
