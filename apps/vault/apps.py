from django.apps import AppConfig
from django.db.backends.signals import connection_created


class VaultConfig(AppConfig):
    name = "apps.vault"
    label = "vault"

    def ready(self) -> None:
        from apps.core.checks import refuse_unsound
        from apps.vault.checks import check_keys
        from apps.vault.services.prove_keys import Prover

        refuse_unsound(check_keys())
        # Not at the start: the database may be away then, and the process begins all the same.
        connection_created.connect(Prover(), weak=False, dispatch_uid="vault.prove_keys")
