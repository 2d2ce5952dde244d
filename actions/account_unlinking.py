"""Lets go of accounts: on request, when another chat takes over, when the person says "that was not me"."""

from __future__ import annotations

from rasa_sdk import Tracker

from actions.account_action import (
    CONNECT,
    HELD_SLOTS,
    HUMAN,
    LINK_SLOTS,
    NOT_ME,
    AccountAction,
    Events,
    Speaker,
    about,
    channel_name,
    cleared,
    entity,
)
from actions.accounts.outcomes import Refused, Trouble
from actions.accounts.status import FULL

NO = ("Tidak", "deny", "no")
# How often an objection is brought forward again while the backend is down.
RETRY_SECONDS = (15, 30, 60, 120, 300, 600, 900, 1800, 3600, 3600)


class ActionUnlinkAccount(AccountAction):
    """Asks who seems to want to unlink: "kok akun saya keputus?" sounds much like it."""

    def name(self) -> str:
        """The name in domain.yml."""
        return "action_unlink_account"

    async def act(self, say: Speaker, tracker: Tracker) -> Events:
        """Say which account is linked, and ask."""
        link = await self.tools.accounts.link_of(tracker.sender_id) if self.tools.accounts else None
        if link is None:
            say.say(self.texts["not_linked_anyway"], (CONNECT,))
        else:
            name = "ask_unlink" if link.label else "ask_unlink_number"
            say.say(self.texts[name].format(name=link.label), (("Ya, putuskan", "unlink_now", "yes"), NO))
        return cleared(*LINK_SLOTS)


class ActionUnlinkNow(AccountAction):
    """Unlinks: for "putuskan akun", word for word, and for the button."""

    def name(self) -> str:
        """The name in domain.yml."""
        return "action_unlink_now"

    async def act(self, say: Speaker, tracker: Tracker) -> Events:
        """Let go at once."""
        accounts, texts = self.tools.accounts, self.texts
        answer = await accounts.unlink(tracker.sender_id) if accounts else Refused(Trouble.NOT_LINKED)
        if answer is None or answer.trouble in (Trouble.ENDED, Trouble.LIMITED):
            say.say(texts["unlinked"], (CONNECT,))
        elif answer.trouble is Trouble.NOT_LINKED:
            say.say(texts["not_linked_anyway"], (CONNECT,))
        else:
            say.say(texts["down_unlink"])
        say.forget_promise()
        return cleared(*LINK_SLOTS, *HELD_SLOTS)


class ActionLinkedElsewhere(AccountAction):
    """Tells a chat that its account was linked to another one."""

    def name(self) -> str:
        """The name in domain.yml."""
        return "action_linked_elsewhere"

    async def act(self, say: Speaker, tracker: Tracker) -> Events:
        """Warn, and offer to end all links."""
        ended = entity(tracker, "ended") == "yes"
        accounts, name = self.tools.accounts, entity(tracker, "link")
        link = await accounts.linked_elsewhere(tracker.sender_id, name, ended=ended) if accounts else None
        if link is None:
            say.nothing()
            return []
        channel, moment = channel_name(entity(tracker, "channel")), entity(tracker, "when")
        if link.level == FULL:
            text = self.texts["elsewhere_ended" if ended else "elsewhere"]
            say.say(text.format(channel=channel, when=moment), (NOT_ME, ("Ya, itu saya", "affirm", "yes")))
        else:
            # A number opens too little to object with; the account's owner has the dashboard.
            say.say(self.texts["elsewhere_number"].format(channel=channel, when=moment))
        return cleared(*LINK_SLOTS)


class ActionNotMe(AccountAction):
    """Asks who seems to object: "siapa yang menghubungkan akun saya?" is a question."""

    def name(self) -> str:
        """The name in domain.yml."""
        return "action_not_me"

    async def act(self, say: Speaker, tracker: Tracker) -> Events:
        """Ask whether all links are to end."""
        accounts = self.tools.accounts
        if accounts and await accounts.may_dispute(tracker.sender_id):
            say.say(self.texts["ask_dispute"], (("Ya, putuskan semua", "dispute", "yes"), NO))
        else:
            say.say(self.texts["nothing_to_dispute"], (HUMAN,))
        return cleared(*LINK_SLOTS)


class ActionDispute(AccountAction):
    """Ends every link of the account, for who pressed "Bukan saya"."""

    def name(self) -> str:
        """The name in domain.yml."""
        return "action_dispute"

    async def act(self, say: Speaker, tracker: Tracker) -> Events:
        """End them, and say what to do now; keeps trying while the backend is down."""
        accounts, texts = self.tools.accounts, self.texts
        answer = await accounts.dispute(tracker.sender_id) if accounts else Refused(Trouble.NOT_LINKED)
        attempt = int(entity(tracker, "attempt") or 0)
        if not isinstance(answer, Refused):
            say.say(texts["disputed"], (("Akun dipakai orang", "faq/akun-dipakai-orang"), HUMAN))
        elif answer.trouble in (Trouble.DOWN, Trouble.LIMITED) and attempt < len(RETRY_SECONDS):
            if about(tracker).woken:
                say.nothing()
            else:
                say.say(texts["down_dispute"], (HUMAN,))
            say.wake("dispute", {"attempt": str(attempt + 1)}, seconds=RETRY_SECONDS[attempt])
        else:
            say.say(texts["nothing_to_dispute"], (HUMAN,))
        return cleared(*LINK_SLOTS)


class ActionEraseData(AccountAction):
    """Lets go of the account for "/hapus"; what was remembered of the talk goes with this turn's end."""

    def name(self) -> str:
        """The name in domain.yml."""
        return "action_erase_data"

    async def act(self, say: Speaker, tracker: Tracker) -> Events:
        """Unlink without a word about it, and say what was erased."""
        if self.tools.accounts:
            await self.tools.accounts.unlink(tracker.sender_id)
        say.say(self.tools.catalogue.current().notices["erased"].text)
        say.forget_promise()
        return cleared(*LINK_SLOTS, *HELD_SLOTS)


class ActionCancel(AccountAction):
    """Says "batal" outside of any form: also what was promised for later is off."""

    def name(self) -> str:
        """The name in domain.yml."""
        return "action_cancel"

    async def act(self, say: Speaker, tracker: Tracker) -> Events:
        """Say so."""
        say.utter("utter_cancel")
        say.forget_promise()
        return cleared(*HELD_SLOTS)
