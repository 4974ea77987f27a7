"""The command `hms` that comes with the wheel, used from an empty folder."""

import json
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from installed import Run, clean_environment

SERVICE = """
import signal, hmsffi

server = hmsffi.create_server("greeter")
server.register_method("greet", "hello", lambda who: f"Hello {who['name']}!")
server.start()
signal.pause()
"""


@pytest.fixture
def hms(python: Path, run: Run, tmp_path: Path) -> Callable[..., str]:
    """Runs it in a domain of the test's own; it is not in PATH, and neither is its Python."""

    def hms(*words: str) -> str:
        return run([python.with_name("hms"), *words], XDG_RUNTIME_DIR=str(tmp_path))

    return hms


def test_it_uses_the_library_of_the_package(python: Path, hms: Callable[..., str]) -> None:
    found = {finding["what"]: finding for finding in json.loads(hms("doctor", "--json"))}
    library = Path(found["library"]["found"].partition(" from ")[2])
    assert python.parents[1] in library.parents
    assert library.parts[-3:] == ("hmsffi", "_lib", "libhmsffi.so.0")
    version = hms("--version").split()[1]
    assert found["Python"]["state"] == "ok", "its own Python has the package"
    assert found["Python"]["found"].endswith(f"hmsffi {version}")


def test_a_python_file_is_hosted_and_called(
    python: Path, hms: Callable[..., str], tmp_path: Path
) -> None:
    (tmp_path / "service.py").write_text(SERVICE, encoding="ascii")
    with subprocess.Popen(
        [python.with_name("hms"), "run", "service.py"],
        cwd=tmp_path,
        env=clean_environment() | {"XDG_RUNTIME_DIR": str(tmp_path)},
        stdout=subprocess.PIPE,
        text=True,
    ) as running:
        assert running.stdout
        assert running.stdout.readline().startswith("greet 1.0.0 is hosted by process ")
        assert hms("call", "greet", "hello", '{"name": "Ada"}') == '"Hello Ada!"\n'
        came = json.loads(hms("bench", "greet.hello", '{"name": "Ada"}', "--calls", "50", "--json"))
        assert came["measured"][0]["door"] == "shared memory"
        assert came["measured"][0]["calls"] == 50
        running.send_signal(signal.SIGTERM)


def test_the_demo_runs_with_python_alone(hms: Callable[..., str], tmp_path: Path) -> None:
    shown = hms("demo")
    assert "455 lines, the same byte for byte from each host: python\n" in shown
    assert "not here: node go rust c cpp: not in the Python package; make demo" in shown
    assert "recovered " in shown
    assert not list(tmp_path.iterdir()), "nothing is left behind"


def test_completion_is_offered(hms: Callable[..., str]) -> None:
    assert "complete -o" in hms("completion", "bash")
    assert "bench\t" in hms("__complete", "--", "hms", "be")
