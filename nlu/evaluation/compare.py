"""Trains every contestant on the same data and asks each the same phrasings, one after the other."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import tempfile
import time
from datetime import datetime, timezone
from pathlib import Path

from nlu.content.catalogue import load_catalogue
from nlu.evaluation.comparison import COMMAND, Comparison, Row
from nlu.evaluation.contestants import (
    CONTESTANTS,
    DEFAULT_PIPELINE,
    FOLDER,
    FULL_EPOCHS,
    PROJECT,
    SHORT_EPOCHS,
    Contestant,
)
from nlu.evaluation.embeddings import PACKAGE, installed
from nlu.evaluation.figures import Verdict, measure, read_cases

# One core for the answers; nobody's thread pools fight.
_QUIET = {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1", "PYTHONWARNINGS": "ignore"}
_ONE_THREAD = {"OMP_NUM_THREADS": "1", "TF_INTRA_OP_PARALLELISM_THREADS": "1", "TF_INTER_OP_PARALLELISM_THREADS": "1"}


def compare(epochs: int = SHORT_EPOCHS) -> Comparison:
    """All of them; takes minutes. Raises CalledProcessError when one cannot be trained."""
    started = time.perf_counter()
    rows = tuple(_row(contestant, epochs) for contestant in CONTESTANTS if _runs(contestant, epochs))
    return Comparison(
        date=datetime.now(timezone.utc).date().isoformat(),
        command=COMMAND if epochs == SHORT_EPOCHS else f"{COMMAND} --epochs {epochs}",
        cores=len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
        phrasings=len(read_cases(FOLDER)),
        examples=digest_of_data(),
        seconds=round(time.perf_counter() - started, 1),
        rows=rows,
    )


def _runs(contestant: Contestant, epochs: int) -> bool:
    """Embeddings take minutes, which only a comparison in full has."""
    if contestant.embeddings and epochs != FULL_EPOCHS:
        return False
    if contestant.embeddings and not installed():
        print(
            f"left out: {contestant.title} (no package {PACKAGE} in .kawan/envs/assistant; docs/understanding.md)",
            file=sys.stderr,
        )
        return False
    return True


def digest_of_data(root: Path = PROJECT) -> str:
    """Twelve hex digits over the training examples and the phrasings, but not over what learns from them."""
    digest = hashlib.sha256()
    examples = {entry.id: entry.phrasings for entry in load_catalogue(root).entries.values()}
    digest.update(json.dumps(examples, sort_keys=True).encode())
    for file in sorted((*root.glob("nlu/data/*.yml"), *root.glob("nlu/evaluation/*.yml"))):
        if file.name != "thresholds.yml":
            digest.update(file.read_bytes())
    return digest.hexdigest()[:12]


def _row(contestant: Contestant, epochs: int) -> Row:
    with tempfile.TemporaryDirectory(prefix="kawan-compare-") as name:
        folder = Path(name)
        print(f"training: {contestant.title} ...", file=sys.stderr, flush=True)
        started = time.perf_counter()
        _trial("train", contestant, folder, epochs, {})
        training = time.perf_counter() - started
        _trial("test", contestant, folder, epochs, _ONE_THREAD)
        body = json.loads((folder / "verdicts.json").read_text(encoding="utf-8"))
    verdicts = [Verdict(tuple(one["ranked"]), one["done"], one["probability"]) for one in body["verdicts"]]
    shares = measure(list(zip(read_cases(FOLDER), verdicts)))
    short = contestant.pipeline == DEFAULT_PIPELINE and epochs != FULL_EPOCHS
    return Row(
        f"{contestant.title}, {epochs} of {FULL_EPOCHS} epochs" if short else contestant.title,
        {name: round(share, 4) for name, share in shares.items()},
        round(body["milliseconds"], 2),
        round(training, 1),
    )


def _trial(part: str, contestant: Contestant, folder: Path, epochs: int, more: dict[str, str]) -> None:
    command = [sys.executable, "-m", "nlu.evaluation.trial", part, contestant.name, str(folder), str(epochs)]
    environment = {**os.environ, "PYTHONPATH": str(PROJECT), **_QUIET, **more}
    subprocess.run(command, cwd=PROJECT, env=environment, check=True, stdout=subprocess.DEVNULL)
