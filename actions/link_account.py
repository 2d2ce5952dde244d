"""Answers a deep link that is meant to link a Prakerja account to this chat."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher

BUTTONS = (("Bisa bantu apa?", "/help"), ("Cek tautan asli", "/faq/tautan-asli"))


class ActionLinkAccount(Action):
    """Takes the token of the entity `link_token`. No account service is connected yet, and it says so."""

    def name(self) -> str:
        """The name in domain.yml."""
        return "action_link_account"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[dict[str, Any]]:
        """Say that accounts cannot be linked here; changes no slot."""
        dispatcher.utter_message(
            text=(
                "Halo, Kak. Saya Kawan Prakerja. Menautkan akun Prakerja ke chat ini belum bisa, jadi tautan tadi "
                "tidak dipakai.\n\n"
                "Status akun bisa dilihat setelah masuk di situs resmi prakerja.go.id. Untuk pertanyaan lain, tulis "
                "saja di sini."
            ),
            buttons=[{"title": title, "payload": payload} for title, payload in BUTTONS],
        )
        return []
