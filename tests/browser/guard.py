"""Collects what must not happen in a page: console errors, policy violations, requests to elsewhere."""

from __future__ import annotations

from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Request, WebError

REPORT_VIOLATIONS = """
document.addEventListener('securitypolicyviolation', (event) =>
    console.error('policy violation: ' + event.violatedDirective + ' ' + event.blockedURI));
"""


class Guard:
    """Watches every page of a context; a test that breaks the line on purpose says so with `allow`."""

    def __init__(self) -> None:
        self.problems: list[str] = []
        self._allowed: tuple[str, ...] = ()

    def allow(self, *parts: str) -> None:
        """Expects console errors that contain one of these parts, such as "503"."""
        self._allowed += parts

    def watch(self, context: BrowserContext, home: str) -> None:
        context.add_init_script(REPORT_VIOLATIONS)
        context.on("console", self._on_console)
        context.on("weberror", self._on_error)
        context.on("request", lambda request: self._on_request(request, home))

    def _on_console(self, message: ConsoleMessage) -> None:
        expected = any(part in message.text for part in self._allowed)
        if message.type in {"error", "warning"} and not expected:
            self.problems.append(f"console {message.type}: {message.text}")

    def _on_error(self, error: WebError) -> None:
        self.problems.append(f"uncaught: {error.error}")

    def _on_request(self, request: Request, home: str) -> None:
        if urlsplit(request.url).netloc != home:
            self.problems.append(f"request to elsewhere: {request.url}")
