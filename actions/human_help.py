"""Tells a person who asks for a human which official channels exist, with the date of that knowledge."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher

from nlu.content.dates import today
from nlu.content.live import LiveCatalogue
from nlu.wording import programme_line

PROJECT = Path(__file__).resolve().parent.parent
CONTACT_FACT = "kontak-resmi"
BUTTONS = (("Nomor layanan", "/faq/nomor-layanan"), ("Aduan belum dibalas", "/faq/aduan-belum-dibalas"))


class ActionHumanHelp(Action):
    """Answers "saya mau bicara dengan orang" from data/programme.yml."""

    def __init__(self) -> None:
        self._catalogue = LiveCatalogue(PROJECT)

    def name(self) -> str:
        """The name in domain.yml."""
        return "action_human_help"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[dict[str, Any]]:
        """Say the channels; changes no slot."""
        contact = self._catalogue.current().programme[CONTACT_FACT]
        dispatcher.utter_message(
            text=(
                "Di sini belum ada petugas yang bisa membalas langsung, Kak.\n\n"
                f"{programme_line(contact, today())}\n\n"
                "Tulis judul singkat dan ceritakan masalahnya berurutan. Jangan sertakan OTP atau kata sandi."
            ),
            buttons=[{"title": title, "payload": payload} for title, payload in BUTTONS],
        )
        return []
