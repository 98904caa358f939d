"""The mosaicml-streaming side of benchmarks/loading.py, run in an environment of its own.

echo '{"order": [...], "context": 512, "vocab": 8192, "rounds": 3}' | python THIS SCRATCH
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import numpy as np
from streaming import MDSWriter, StreamingDataset


def main(scratch: Path) -> None:
    request = json.load(sys.stdin)
    rng = np.random.default_rng(1)
    context, order = request["context"], request["order"]
    with MDSWriter(out=str(scratch), columns={"tokens": f"ndarray:uint16:{context}"}) as writer:
        for _ in range(max(order) + 1):
            row = rng.integers(1, request["vocab"], context, dtype=np.uint16)
            writer.write({"tokens": row})
    dataset = StreamingDataset(local=str(scratch), shuffle=False, batch_size=1)
    rates = []
    for _ in range(request["rounds"] + 1):
        start = time.process_time()
        for index in order:
            dataset[index]["tokens"].astype(np.int64)
        rates.append(len(order) / (time.process_time() - start))
    print(json.dumps(rates[1:]))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
