"""The library's log lines."""

import logging
import subprocess
from pathlib import Path

import hmsffi
import pytest
from conftest import Program

# The library warns of a component that changes how the process takes signals.
TAKES_SIGNALS = """
#include <hmsffi/hmsffi.h>
#include <signal.h>
uint32_t hmsffi_component_abi(void) { return hms_abi_version(); }
hms_status_t hmsffi_component_init(hms_runtime_t runtime, hms_error_t *error) {
    (void)runtime; (void)error;
    signal(SIGHUP, SIG_IGN);
    return HMS_STATUS_OK;
}
"""


@pytest.fixture(scope="session")
def component(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("component")
    (folder / "signals.c").write_text(TAKES_SIGNALS, encoding="utf-8")
    package = Path(hmsffi.__file__).parent
    flags = [f"-I{package / 'include'}", f"-L{package / '_lib'}", "-l:libhmsffi.so.0"]
    command = ["cc", "-shared", "-fPIC", "signals.c", "-o", "signals.so", *flags]
    subprocess.run(command, cwd=folder, check=True)
    return folder / "signals.so"


LOADS = """
import logging, signal, sys
signal.signal(signal.SIGHUP, signal.SIG_DFL)  # nohup leaves it ignored
form = "%(name)s %(levelname)s %(message)s"
logging.basicConfig(level=getattr(logging, sys.argv[1]), format=form)
import hmsffi
hmsffi.load_component(sys.argv[2])
"""


def test_lines_reach_the_logger_of_the_package(program: Program, component: Path) -> None:
    ran = program(LOADS, "WARNING", component)
    assert ran.returncode == 0
    assert ran.stderr.startswith("hmsffi WARNING ")
    assert "SIGHUP" in ran.stderr


def test_logging_decides_what_is_shown(program: Program, component: Path) -> None:
    ran = program(LOADS, "ERROR", component)
    assert (ran.returncode, ran.stderr) == (0, "")


def test_levels_are_those_of_logging(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, logger="hmsffi"):
        for level in range(1, 5):
            hmsffi.logs.emit(level, "test", "line")
    assert [record.levelname for record in caplog.records] == ["DEBUG", "INFO", "WARNING", "ERROR"]
