"""Whose message it is, where ids are missing, and whose identity changed."""

from __future__ import annotations

from typing import Any

import pytest

from bot.channels.platform import Event, IdentityChanged, Ignored
from bot.channels.port import Arrival
from bot.channels.whatsapp.meta.account import MetaAccount
from tests.channels.harness import request
from tests.channels.meta.harness import PERSON, envelope, message, settings

SITI, BUDI = "ID.5550001", "ID.5550002"
BUDIS_PHONE = "6281300000000"


def parse(**value: Any) -> list[Event]:
    account = MetaAccount("default", settings())
    return list(account.parse(request(account.path, envelope(**value), {})))


def text(message_id: str, **names: str) -> dict[str, Any]:
    row = message(message_id, type="text", text={"body": "halo"})
    return {**{key: value for key, value in row.items() if key != "from"}, **names}


def people(**value: Any) -> list[str]:
    return [event.address.person for event in parse(**value) if isinstance(event, Arrival)]


class TestSenders:
    def test_contact_of_somebody_else_does_not_lend_his_number(self) -> None:
        contacts = [{"wa_id": BUDIS_PHONE, "user_id": BUDI}]
        assert people(contacts=contacts, messages=[text("w1", from_user_id=SITI)]) == [SITI]

    def test_two_people_in_one_batch_each_keep_their_own_number(self) -> None:
        contacts = [{"wa_id": PERSON, "user_id": SITI}, {"wa_id": BUDIS_PHONE, "user_id": BUDI}]
        rows = [text("w1", from_user_id=BUDI), text("w2", from_user_id=SITI)]
        assert people(contacts=contacts, messages=rows) == [BUDIS_PHONE, PERSON]

    def test_hidden_number_beside_a_shown_one_stays_hidden(self) -> None:
        rows = [text("w1", **{"from": PERSON}), text("w2", from_user_id=BUDI)]
        assert people(contacts=[{"wa_id": PERSON, "user_id": SITI}], messages=rows) == [PERSON, BUDI]


class TestIdentityChanges:
    def changed(self, system: dict[str, Any], **names: str) -> list[str]:
        row = {key: value for key, value in message(type="system", system=system).items() if key != "from"}
        (event,) = parse(messages=[{**row, **names}])
        assert isinstance(event, IdentityChanged), event
        return [address.person for address in event.addresses]

    def test_every_id_that_is_named_counts_once(self) -> None:
        system = {"type": "user_changed_number", "wa_id": BUDIS_PHONE, "user_id": BUDI, "customer": PERSON}
        assert self.changed(system, **{"from": PERSON, "from_user_id": SITI}) == [PERSON, SITI, BUDIS_PHONE, BUDI]

    def test_change_without_a_sender_is_known_by_its_customer(self) -> None:
        assert self.changed({"type": "customer_identity_changed", "customer": PERSON}) == [PERSON]

    def test_new_id_that_is_too_long_does_not_save_the_old_one_from_being_forgotten(self) -> None:
        system = {"type": "user_changed_user_id", "user_id": "ID." + "A" * 160}
        assert self.changed(system, **{"from": PERSON}) == [PERSON]

    def test_parent_id_is_no_address(self) -> None:
        assert self.changed({"type": "x", "user_id": "ID.ENT.5"}, from_user_id=SITI) == [SITI]

    @pytest.mark.parametrize(
        ("more", "reason"), [({"group_id": "G1", "from": PERSON}, "group"), ({"from": "x"}, "no_sender")]
    )
    def test_what_names_nobody_is_ignored(self, more: dict[str, str], reason: str) -> None:
        row = {**message(type="system", system={"type": "user_changed_number"}), **more}
        assert parse(messages=[row]) == [Ignored(reason)]
