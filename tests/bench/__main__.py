"""Measure Baton beside its floors: `make bench`, or `python tests/bench --help`."""

import sys
from pathlib import Path

# Run as a folder, Python looks here first; the project's own packages are two folders up.
sys.path.pop(0)
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.bench.run import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
