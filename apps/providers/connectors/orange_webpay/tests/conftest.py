import pytest

from .bench import Shop, SimulatorProcess


@pytest.fixture(scope="session")
def running_simulator(tmp_path_factory):
    simulator = SimulatorProcess(tmp_path_factory.mktemp("simulator"))
    yield simulator
    simulator.stop()


@pytest.fixture
def simulator(running_simulator):
    """Fresh: no orders, no faults, and an operator who takes no time."""
    running_simulator.reset()
    return running_simulator


@pytest.fixture
def connector(simulator):
    return simulator.connector()


@pytest.fixture
def shop():
    shop = Shop()
    yield shop
    shop.close()
