"""Packs a Go module so that GOPROXY=file://... can serve it: go_module.py SOURCE VERSION OUT"""

import json
import subprocess
import sys
import zipfile
from pathlib import Path

EPOCH = (1980, 1, 1, 0, 0, 0)


def files(source: Path) -> dict[str, Path]:
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", source]
    listed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    paths = [path for name in listed.split("\0") if name and (path := Path(name)).is_file()]
    return {"LICENSE": Path("LICENSE")} | {str(path.relative_to(source)): path for path in paths}


def pack(source: Path, version: str, out: Path) -> None:
    manifest = (source / "go.mod").read_text(encoding="utf-8")
    module = next(line.split()[1] for line in manifest.splitlines() if line.startswith("module "))
    folder = out / module / "@v"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "list").write_text(f"{version}\n")
    (folder / f"{version}.mod").write_text(manifest, encoding="utf-8")
    (folder / f"{version}.info").write_text(json.dumps({"Version": version}))
    with zipfile.ZipFile(folder / f"{version}.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for name, path in sorted(files(source).items()):
            entry = zipfile.ZipInfo(f"{module}@{version}/{name}", EPOCH)
            archive.writestr(entry, path.read_bytes(), zipfile.ZIP_DEFLATED)


if __name__ == "__main__":
    pack(Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3]))
