"""What `make run` shows of itself."""

from types import SimpleNamespace

from local import run


def test_every_address_stands_apart_from_what_it_is(capsys, tmp_path):
    urls = SimpleNamespace(
        web="http://127.0.0.1:8000",
        realtime="http://127.0.0.1:18001",
        simulators="http://127.0.0.1:8090",
    )
    stack = SimpleNamespace(urls=urls, var=tmp_path / "var", serve=lambda say: None)

    run.serve(stack)

    shown = [line for line in capsys.readouterr().out.splitlines() if line.startswith("  ")]
    assert len(shown) == 7
    for line in shown:
        address, what = line.strip().split("  ", 1)
        assert " " not in address
        assert what.strip()
    assert len({len(line) - len(line.strip().split("  ", 1)[1].strip()) for line in shown}) == 1
