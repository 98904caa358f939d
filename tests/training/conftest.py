"""Make training_jobs importable by name, also in the processes it starts."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
