"""The page that shows a fake platform from the person's side, and the JSON addresses behind it; see README.md."""

from tests.fakes.page.control import CannotDo, NotKnown, Stage, routes

__all__ = ["CannotDo", "NotKnown", "Stage", "routes"]
