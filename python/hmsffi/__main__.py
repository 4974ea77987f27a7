"""Where the package keeps what programs in other languages are built against."""

import argparse
from pathlib import Path

import hmsffi

PACKAGE = Path(hmsffi.__file__).parent


def main() -> None:
    """Prints what was asked for."""
    parser = argparse.ArgumentParser(
        prog="python -m hmsffi", description="Prints a folder of the package, or its version."
    )
    asked = parser.add_mutually_exclusive_group(required=True)
    asked.add_argument(
        "--pkgconfig-dir",
        dest="printed",
        action="store_const",
        const=PACKAGE / "_lib" / "pkgconfig",
        help="the folder for PKG_CONFIG_PATH",
    )
    asked.add_argument(
        "--include",
        dest="printed",
        action="store_const",
        const=PACKAGE / "include",
        help="the folder of the C and C++ headers",
    )
    asked.add_argument(
        "--libdir",
        dest="printed",
        action="store_const",
        const=PACKAGE / "_lib",
        help="the folder of the library",
    )
    asked.add_argument(
        "--version",
        dest="printed",
        action="store_const",
        const=hmsffi.__version__,
        help="the version",
    )
    print(parser.parse_args().printed)


if __name__ == "__main__":
    main()
