"""One country that nobody harms, kept for the session; copies of it for those who do."""

import itertools
import shutil
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from country import Country, Gateway, copy_gateway, deposit_early, deposit_late
from operator_keys import History, Operator

_numbers = itertools.count()


@pytest.fixture(scope="session")
def country(tmp_path_factory):
    """A centre that runs and is never harmed; `gateway` has seen everything, `early` nothing of the late deposits."""
    country = Country(tmp_path_factory.mktemp("country")).found()
    try:
        gateway = country.enrol().start()
        deposit_early(gateway)
        country.visits()
        country.early_size = len(History.of(country.data).entries)
        gateway.settled(country.early_size).stop()
        copy_gateway(gateway.folder, country.folder / "early")
        gateway.start()
        deposit_late(gateway)
        country.visits()
        country.key, country.history = gateway.key, History.of(country.data)
        gateway.settled(len(country.history.entries)).stop()
        yield country
    finally:
        country.end()


@pytest.fixture(scope="session")
def operator(country):
    return Operator(country.data)


@pytest.fixture(scope="session")
def history(country):
    """The true history, as far as `gateway` knows it."""
    return country.history


@pytest.fixture
def ministry(country):
    """Gateways of the ministry, each in a folder of its own, as many as a test wants."""
    made = []

    def make(of="early", lie=None, fresh=False, port=None, healthy=None):
        folder = country.folder / f"{of}-{next(_numbers)}"
        copy_gateway(country.folder / of, folder)
        gateway = Gateway(folder, port or country.centre.web_port)
        made.append(gateway)
        gateway.key = country.key
        if fresh:
            gateway.forget_index()
        gateway.line.lie = lie
        return gateway.start(healthy=lie is None if healthy is None else healthy)

    yield make
    for gateway in made:
        gateway.kill()
        shutil.rmtree(gateway.folder)


@pytest.fixture
def elsewhere(country, tmp_path):
    """Countries copied from this one, or from another, of which a test may ruin everything."""
    made = []

    def copy(gateway="gateway", of=country):
        made.append(of.copy(tmp_path / f"country-{len(made)}", gateway))
        return made[-1]

    yield copy
    for one in made:
        one.end()
