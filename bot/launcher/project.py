"""Where everything of one project folder lies."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from bot.launcher.problem import Problem


@dataclass(frozen=True)
class Project:
    """One project folder. All that the launcher makes is below `.kawan`, so two copies never meet."""

    root: Path

    @property
    def home(self) -> Path:
        return self.root / ".kawan"

    @property
    def logs(self) -> Path:
        return self.home / "logs"

    @property
    def run(self) -> Path:
        return self.home / "run"

    @property
    def data(self) -> Path:
        return self.home / "data"

    @property
    def pythons(self) -> Path:
        return self.home / "python"

    @property
    def requirements(self) -> Path:
        return self.root / "requirements"

    def environment(self, name: str) -> Path:
        return self.home / "envs" / name

    def python(self, name: str) -> Path:
        return self.environment(name) / "bin" / "python"

    def log(self, name: str) -> Path:
        return self.logs / f"{name}.log"

    def shown(self, path: Path) -> str:
        """The path as a person in the project folder would type it."""
        try:
            return str(path.relative_to(self.root))
        except ValueError:
            return str(path)

    def make_folders(self) -> None:
        try:
            for folder in (self.home, self.logs, self.run, self.data):
                folder.mkdir(parents=True, exist_ok=True)
            # What people wrote lies below it until it has been answered.
            self.home.chmod(0o700)
        except OSError as error:
            raise Problem(
                f"{self.home} cannot be written: {error.strerror}.",
                fix=("run kawan as the user who owns this folder, or copy the folder to a place of yours",),
            ) from error
