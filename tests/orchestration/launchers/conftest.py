"""Makes the shared contract and the toy job importable, here and in the jobs' own processes."""

import sys
from pathlib import Path

HERE = str(Path(__file__).parent)
if HERE not in sys.path:
    sys.path.append(HERE)
