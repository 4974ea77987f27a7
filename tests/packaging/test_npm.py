"""The npm tarball, installed into an empty folder and used from both kinds of modules."""

import re
import subprocess
from pathlib import Path

import pytest
from installed import Run, only

ROOT = Path(__file__).resolve().parents[2]

PROGRAM = """
async function main() {
  const server = createServer({ name: 'greeter' })
  server.registerMethod('greet', 'hello', ({ name }) => `Hello ${name}`)
  await server.start()
  const client = createClient()
  const greet = await client.getService('greet')
  console.log(await greet.call('hello', { name: 'Ada' }), greet.callSync('hello', { name: 'Bob' }))
  await server.close()
}
main()
"""
AS_ESM = "import { createClient, createServer } from 'hmsffi'\n" + PROGRAM
AS_CJS = "const { createClient, createServer } = require('hmsffi')\n" + PROGRAM

TYPED = """
import { createClient, type HmsError } from 'hmsffi'
export const answer: Promise<string> = createClient()
  .getService('greet')
  .then((greet) => greet.call<string>('hello', { name: 'Ada' }))
export const code = (error: HmsError): number => error.code
"""


@pytest.fixture
def installed(run: Run, tmp_path: Path) -> Path:
    (tmp_path / "package.json").write_text('{"name": "app", "private": true}')
    run(["npm", "install", "--offline", "--no-audit", "--no-fund", only("hmsffi-*.tgz")])
    return tmp_path / "node_modules" / "hmsffi"


def dynamic(file: Path, tag: str) -> list[str]:
    command = ["readelf", "-d", str(file)]
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return re.findall(rf"\({tag}\).*\[(.*)\]", printed)


def test_addon_needs_the_library_beside_itself_and_has_no_core(installed: Path) -> None:
    addon = installed / "hmsffi.node"
    assert "libhmsffi.so.0" in dynamic(addon, "NEEDED")
    assert dynamic(addon, "RUNPATH") == ["$ORIGIN"]
    assert dynamic(installed / "libhmsffi.so.0", "SONAME") == ["libhmsffi.so.0"]
    command = ["nm", "-D", "--defined-only", str(addon)]
    defined = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert " hms_" not in defined


def test_package_brings_no_other_package(installed: Path) -> None:
    assert [folder.name for folder in installed.parent.iterdir() if folder.name[0] != "."] == [
        "hmsffi"
    ]


@pytest.mark.parametrize(("name", "program"), [("main.mjs", AS_ESM), ("main.cjs", AS_CJS)])
def test_program_serves_and_calls(
    installed: Path, run: Run, tmp_path: Path, name: str, program: str
) -> None:
    (tmp_path / name).write_text(program)
    assert run(["node", name]) == "Hello Ada Hello Bob\n"


@pytest.mark.parametrize("name", ["main.mts", "main.cts"])
def test_types_are_found_by_both_kinds_of_modules(
    installed: Path, run: Run, tmp_path: Path, name: str
) -> None:
    (tmp_path / name).write_text(TYPED)
    tools = ROOT / "bindings" / "node" / "node_modules"
    node_types = ["--typeRoots", tools / "@types", "--types", "node"]
    options = ["--noEmit", "--strict", "--module", "nodenext", "--lib", "esnext", *node_types]
    run([tools / ".bin" / "tsc", *options, name])
