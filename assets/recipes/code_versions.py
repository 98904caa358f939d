"""The version of the code behind every node: raise one when a node's bytes change.

The golden test says when that is needed.
"""

from __future__ import annotations

from collections.abc import Mapping

CODE_VERSIONS: Mapping[str, str] = {
    "corpora/raw": "1",
    "corpora/documents": "4",
    "corpora/benchmarks": "1",
    "corpora/withdrawn": "1",
    "mixtures/signatures": "4",
    "mixtures/deduped": "5",
    "mixtures/decontaminated": "3",
    "mixtures/classifiers": "1",
    "mixtures/scores": "1",
    "mixtures/stage1": "2",
    "mixtures/stage2": "2",
    "mixtures/stage3": "2",
    "tokenizers/tokenizer": "2",
    "tokenizers/shards_stage1": "2",
    "tokenizers/shards_stage2": "2",
    "tokenizers/shards_stage3": "2",
    "tokenizers/shards_sft_general": "2",
    "tokenizers/shards_sft_medical": "2",
    "tokenizers/spans": "1",
    "synthesis/questions": "1",
    "checkpoints/stage1": "2",
    "checkpoints/stage2": "2",
    "checkpoints/stage3": "2",
    "models/sft_general": "2",
    "models/sft_medical": "2",
    "reports/perplexity": "2",
    "reports/benchmarks": "2",
    "reports/medical": "2",
    "reports/needle": "2",
    "reports/data_docs": "1",
    "reports/scorecard": "1",
    "reports/ablation": "1",
    "reports/exposure": "1",
    "releases/release": "4",
}
