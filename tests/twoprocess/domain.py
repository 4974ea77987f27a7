"""Processes that find each other."""

from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest
from hosts import COMPONENTS, LANGUAGES, Host

SERVERS = [
    language
    for language in ("rust", "c", "cpp", "go", "python", "node")
    if language in LANGUAGES and (language in COMPONENTS or language in ("python", "node"))
]
"""Languages with a host: each can serve, and each can call."""

each_pair = pytest.mark.parametrize(
    ("caller", "server"), [(caller, server) for caller in SERVERS for server in SERVERS]
)
each_server = pytest.mark.parametrize("server", SERVERS)


class Domain:
    """A directory where processes meet, and the processes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = {"XDG_RUNTIME_DIR": str(folder), "HMSFFI_DOMAIN": "test"}
        self.hosts: list[Host] = []

    def server(self, language: str, **environment: str) -> Host:
        """Starts a process whose relay others find from now on."""
        host = self._start(language, **environment)
        assert host.route(language, "ready") == b"ready"
        return host

    def caller(self, language: str, **environment: str) -> Host:
        """Starts a process that serves nothing."""
        return self._start(language, "caller", **environment)

    def pair(self, caller: str, server: str) -> Host:
        """Starts both; gives the caller."""
        self.server(server)
        return self.caller(caller)

    def kill(self, host: Host) -> None:
        host.process.kill()
        host.process.wait(10)
        self.hosts.remove(host)

    def left(self) -> list[str]:
        """What is in the domain's directory."""
        return sorted(str(path.name) for path in self.folder.rglob("*") if not path.is_dir())

    def _start(self, language: str, *words: str, **environment: str) -> Host:
        host = Host(language, *words, environment=self.environment | environment)
        self.hosts.append(host)
        return host

    def __enter__(self) -> Self:
        self._segments = segments()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with ExitStack() as ending:
            for host in self.hosts:
                ending.callback(host.process.kill)
            # Callers first: they may still wait for a server.
            ended = {host.language: host.close() for host in reversed(self.hosts)}
        if kind is None:
            assert set(ended.values()) <= {0}, ended
            assert self.left() == []
            assert segments() - self._segments == set()


def segments() -> set[str]:
    """The named segments of this library that are there now."""
    return {path.name for path in Path("/dev/shm").glob("hmsffi*")}
