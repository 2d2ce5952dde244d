"""Trains when, and only when, what a model learns from has changed; prints the model's path last."""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import subprocess
import sys
import time
from pathlib import Path

from nlu.content.catalogue import load_catalogue
from nlu.content.errors import ContentError

PROJECT = Path(__file__).resolve().parents[2]
MODELS = PROJECT / "models"
KEEP_MODELS = 3
_SOURCES = ("config.yml", "domain.yml", "nlu/lexicon.yml", "nlu/words.txt", "nlu/status_topics.yml",
            "nlu/entities.yml", "nlu/importer.py", "nlu/normalising/*.py", "nlu/components/*.py", "nlu/data/*.yml",
            "nlu/rules/*.yml",
            "requirements/assistant.txt")  # fmt: skip


def fingerprint(root: Path) -> str:
    """Twelve hex digits over everything that training reads. Answers are not part of it. Raises ContentError."""
    digest = hashlib.sha256()
    for pattern in _SOURCES:
        for file in sorted(root.glob(pattern)):
            digest.update(f"{file.relative_to(root)}\0".encode())
            digest.update(file.read_bytes())
    examples = {entry.id: entry.phrasings for entry in load_catalogue(root).entries.values()}
    digest.update(json.dumps(examples, sort_keys=True).encode())
    return digest.hexdigest()[:12]


def fitting_model() -> Path:
    """Where the model that fits the content is, or would be. Raises ContentError."""
    return MODELS / f"kawan-{fingerprint(PROJECT)}.tar.gz"


def ensure_model(*, force: bool) -> Path:
    """The path of a model that fits the content, trained now if need be. Raises ContentError and CalledProcessError."""
    model = fitting_model()
    if model.exists() and not force:
        print("content unchanged since the last training")
        return model
    print("training on the content, this takes a minute or two ...", flush=True)
    started = time.perf_counter()
    # Renamed when whole: a training that is stopped must not leave half a model under the final name.
    draft = MODELS / f"training-{os.getpid()}.tar.gz"
    command = [sys.executable, "-W", "ignore", "-m", "rasa", "train", "--quiet", "--fixed-model-name", draft.name]
    environment = {**os.environ, "PYTHONPATH": str(PROJECT), "RASA_TELEMETRY_ENABLED": "false"}
    done = subprocess.run(
        command, cwd=PROJECT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    if done.returncode != 0 or not draft.exists():
        sys.stderr.write(done.stdout[-4000:])
        raise subprocess.CalledProcessError(done.returncode or 1, "rasa train")
    draft.replace(model)
    for old in sorted(MODELS.glob("kawan-*.tar.gz"), key=lambda file: file.stat().st_mtime)[:-KEEP_MODELS]:
        old.unlink()
    print(f"trained in {time.perf_counter() - started:.0f} s")
    return model


def _check() -> int:
    model = fitting_model()
    if model.exists():
        print(model)
        return 0
    sys.stderr.write("no model fits the present content\n")
    return 1


def main() -> int:
    """Exit code 0 with the model's path on the last line, 1 with the reasons on stderr."""
    parser = argparse.ArgumentParser(description="Train the model if the content changed.")
    parser.add_argument("--force", action="store_true", help="train even if nothing changed")
    parser.add_argument("--check", action="store_true", help="train nothing; the exit code says whether a model fits")
    arguments = parser.parse_args()
    try:
        if arguments.check:
            return _check()
        print(ensure_model(force=arguments.force))
    except ContentError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except subprocess.CalledProcessError:
        sys.stderr.write("training failed; the lines above are Rasa's own words\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
