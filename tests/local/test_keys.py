import base64
import stat

from local.keys import GENERATORS, load_keys, new_keys


def test_keys_are_made_once_and_kept_for_their_owner_alone(empty_folder):
    first = load_keys(empty_folder, {})
    second = load_keys(empty_folder, {})

    assert first == second
    assert set(first) == set(GENERATORS)
    assert stat.S_IMODE((empty_folder / "secrets.env").stat().st_mode) == 0o600


def test_keys_have_their_sizes():
    keys = new_keys()
    name, _, vault_key = keys["VAULT_KEYS"].partition(":")

    assert len(keys["SECRET_KEY"]) >= 50
    assert name == "k1"
    assert len(base64.b64decode(vault_key, validate=True)) == 32
    assert len(base64.b64decode(keys["VAULT_INDEX_KEY"], validate=True)) == 32


def test_the_environment_comes_first_and_is_not_written_down(empty_folder):
    environ = {name: f"given {name}" for name in GENERATORS}

    assert load_keys(empty_folder, environ) == environ
    assert list(empty_folder.iterdir()) == []


def test_a_key_added_later_leaves_the_others_as_they_were(empty_folder):
    first = load_keys(empty_folder, {})
    path = empty_folder / "secrets.env"
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(line for line in lines if not line.startswith("VAULT_INDEX_KEY")))

    second = load_keys(empty_folder, {})

    assert second["VAULT_KEYS"] == first["VAULT_KEYS"]
    assert second["VAULT_INDEX_KEY"] != first["VAULT_INDEX_KEY"]
