"""Makes the two Python environments and knows whether they still match the requirements files."""

from __future__ import annotations

import hashlib
import json
import platform
import shutil
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from bot.launcher import installing, pythons, uv
from bot.launcher.interrupts import Interrupts
from bot.launcher.problem import Problem
from bot.launcher.project import Project
from bot.launcher.pythons import Python
from bot.launcher.screen import Screen

_NEEDED_BYTES = 4 * 1024**3


@dataclass(frozen=True)
class Environment:
    """One virtual environment. The `-dev` requirements contain the plain ones, at the same versions."""

    name: str
    series: tuple[str, ...]
    reason: str
    note: str

    def requirements(self, dev: bool) -> str:
        return f"{self.name}-dev.txt" if dev else f"{self.name}.txt"


GATEWAY = Environment(
    "gateway",
    ("3.11", "3.12", "3.13"),
    "the gateway uses current versions of its libraries, which need 3.11 or newer",
    "about 0.1 GB",
)
ASSISTANT = Environment(
    "assistant",
    ("3.10",),
    "Rasa 3.6, which understands the questions, needs exactly Python 3.10",
    "Rasa and TensorFlow, about 2.5 GB",
)


@dataclass(frozen=True)
class Stamp:
    """What was installed: the Python, and the hash of each requirements file as it was then."""

    python: str
    requirements: Mapping[str, str]


def digest(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except FileNotFoundError as error:
        raise Problem(f"{path.name} is missing in requirements/.", fix=("git checkout requirements",)) from error


def read_stamp(project: Project, name: str) -> Stamp | None:
    try:
        raw = json.loads(_stamp_path(project, name).read_text(encoding="utf-8"))
        return Stamp(str(raw["python"]), {str(key): str(value) for key, value in raw["requirements"].items()})
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def write_stamp(project: Project, name: str, stamp: Stamp) -> None:
    path = _stamp_path(project, name)
    draft = path.with_suffix(".tmp")
    content = {"python": stamp.python, "requirements": dict(stamp.requirements)}
    draft.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    draft.replace(path)


def has(project: Project, name: str, requirements: str) -> bool:
    """Whether the environment stands and was installed from this requirements file as it is now."""
    stamp = read_stamp(project, name)
    # The link dangles when the Python that it was made with has been removed.
    if stamp is None or not project.python(name).exists():
        return False
    return stamp.requirements.get(requirements) == digest(project.requirements / requirements)


def is_current(project: Project, environment: Environment, *, dev: bool) -> bool:
    stamp = read_stamp(project, environment.name)
    if stamp is None or not any(stamp.python.startswith(series + ".") for series in environment.series):
        return False
    return has(project, environment.name, environment.requirements(dev))


def prepare(
    project: Project,
    screen: Screen,
    interrupts: Interrupts,
    environ: Mapping[str, str],
    *,
    wanted: Sequence[Environment] = (GATEWAY, ASSISTANT),
    dev: bool = False,
    download_python: bool = False,
) -> str:
    """Brings the wanted environments up to date, side by side, and says in a word what it did."""
    if all(is_current(project, one, dev=dev) for one in wanted):
        return "up to date"
    with installing.lock(project, screen, interrupts):
        stale = [one for one in wanted if not is_current(project, one, dev=dev)]
        if not stale:
            return "up to date"
        if ASSISTANT in stale:
            check_cpu()
        if not all(project.environment(one.name).exists() for one in stale):
            check_disk(project.home)
        tool = uv.obtain(project, screen, interrupts, environ)
        found = [
            _python_for(one, project, screen, interrupts, environ, tool, download_python=download_python)
            for one in stale
        ]
        jobs = [_job(one, found[number], project, environ, tool, dev=dev) for number, one in enumerate(stale)]
        installing.run(jobs, screen, interrupts, project)
    return "installed " + " and ".join(one.name for one in stale)


def add(
    project: Project, screen: Screen, interrupts: Interrupts, environ: Mapping[str, str], name: str, requirements: str
) -> None:
    """Installs one more locked file into an environment, without dependencies."""
    if has(project, name, requirements):
        return
    with installing.lock(project, screen, interrupts):
        tool = uv.obtain(project, screen, interrupts, environ)

        def finish() -> None:
            stamp = read_stamp(project, name)
            if stamp is not None:
                hashes = {**stamp.requirements, requirements: digest(project.requirements / requirements)}
                write_stamp(project, name, Stamp(stamp.python, hashes))

        job = installing.Job(
            requirements.removesuffix(".txt"),
            [_install(tool, project, name, requirements, "--no-deps")],
            project.log(f"setup-{name}"),
            uv.environment(project, environ),
            finish,
        )
        installing.run([job], screen, interrupts, project)


def check_cpu(cpuinfo: Path = Path("/proc/cpuinfo")) -> None:
    """TensorFlow's packages are built for AVX; without it the assistant would die without a word."""
    if platform.machine() not in ("x86_64", "AMD64") or not sys.platform.startswith("linux"):
        return
    with suppress(OSError):
        flags = [line for line in cpuinfo.read_text(encoding="utf-8").splitlines() if line.startswith("flags")]
        if flags and "avx" not in flags[0].split():
            raise Problem(
                "this computer's processor is too old: it has no AVX instructions.",
                why="TensorFlow, which Rasa loads, is only published for processors with AVX (since about 2012)",
                fix=(
                    "use another machine, or, in a virtual machine, pass the real processor through",
                    "(QEMU/KVM: `-cpu host`; Proxmox: processor type `host`)",
                ),
            )


def check_disk(folder: Path) -> None:
    free = shutil.disk_usage(folder).free
    if free < _NEEDED_BYTES:
        raise Problem(
            f"only {free / 1024**3:.1f} GB free on the disk of {folder}; the first start needs about 4 GB.",
            fix=("make room, then try again",),
        )


def _python_for(
    environment: Environment,
    project: Project,
    screen: Screen,
    interrupts: Interrupts,
    environ: Mapping[str, str],
    tool: Path,
    *,
    download_python: bool,
) -> Python:
    def look() -> Python | None:
        return pythons.find(environment.series, root=project.root, downloaded=project.pythons, environ=environ, uv=tool)

    interrupts.check()
    found = look()
    if found is None and download_python:
        wanted = environment.series[0]
        job = installing.Job(
            f"Python {wanted}",
            [[str(tool), "python", "install", wanted]],
            project.log("setup-python"),
            uv.environment(project, environ, download_python=True),
            lambda: None,
        )
        installing.run([job], screen, interrupts, project)
        found = look()
    if found is None:
        raise pythons.missing(environment.name, environment.series, environment.reason)
    return found


def _job(
    environment: Environment,
    python: Python,
    project: Project,
    environ: Mapping[str, str],
    tool: Path,
    *,
    dev: bool,
) -> installing.Job:
    name = environment.name
    folder = project.environment(name)
    stamp = read_stamp(project, name)
    commands = []
    # Without a stamp an earlier attempt was cut short, or the folder is not ours: start afresh.
    if stamp is None or not project.python(name).exists() or stamp.python != python.version:
        shutil.rmtree(folder, ignore_errors=True)
        commands.append(
            [str(tool), "venv", "--no-project", "--relocatable", "--python", python.executable, str(folder)]
        )
    # Until the new one is written, the environment is neither the old nor the new.
    _stamp_path(project, name).unlink(missing_ok=True)
    commands.append(_install(tool, project, name, environment.requirements(dev)))
    names = sorted({environment.requirements(False), environment.requirements(dev)})
    hashes = {name: digest(project.requirements / name) for name in names}
    return installing.Job(
        name,
        commands,
        project.log(f"setup-{name}"),
        uv.environment(project, environ),
        lambda: write_stamp(project, name, Stamp(python.version, hashes)),
        f"Python {python.version}; {environment.note}",
    )


def _install(tool: Path, project: Project, name: str, requirements: str, *options: str) -> list[str]:
    python, source = str(project.python(name)), str(project.requirements / requirements)
    return [str(tool), "pip", "install", *options, "--python", python, "--require-hashes", "-r", source]


def _stamp_path(project: Project, name: str) -> Path:
    return project.environment(name) / "kawan.json"
