from django.apps import AppConfig


class VaultConfig(AppConfig):
    name = "apps.vault"
    label = "vault"

    def ready(self) -> None:
        from apps.core.checks import refuse_unsound
        from apps.vault.checks import check_keys

        refuse_unsound(check_keys())
