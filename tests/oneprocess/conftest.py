"""Fixtures: running hosts."""

import subprocess
from collections.abc import Callable, Iterator

import pytest
from hosts import COMPONENTS, HERE, HOSTS, Host


@pytest.fixture(scope="session", autouse=True)
def _built() -> None:
    built = subprocess.run([HERE / "build.sh", *COMPONENTS], check=False)
    if built.returncode != 0:
        pytest.exit("the relays were not built: see above", built.returncode)


@pytest.fixture
def start() -> Iterator[Callable[[str], Host]]:
    """Starts hosts; each must end with status 0."""
    hosts: list[Host] = []

    def start(language: str) -> Host:
        hosts.append(Host(language))
        return hosts[-1]

    yield start
    assert [host.close() for host in hosts] == [0] * len(hosts)


@pytest.fixture(params=HOSTS)
def host(request: pytest.FixtureRequest, start: Callable[[str], Host]) -> Host:
    """A host of each language, with its own relay only."""
    return start(request.param)


@pytest.fixture
def languages(host: Host) -> list[str]:
    """The languages that have a relay in the host, which is the first of them."""
    return host.load_relays()
