"""Whatever comes instead of a valid webhook, Meta's parser says what it understood or that it understood nothing."""

from __future__ import annotations

import contextlib
import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.platform import Delivery, Event
from bot.channels.port import Arrival
from bot.channels.whatsapp.meta.account import MetaAccount
from bot.contract.errors import BadMessage
from tests.channels.harness import request
from tests.channels.meta.harness import NUMBER, PERSON, envelope, message, settings

BSUID = "ID.1234567890123"
REPLY = {"id": "pilih:a", "title": "Ya"}
SYSTEM = {"type": "user_changed_number", "wa_id": "6281300000000", "user_id": BSUID, "customer": PERSON}
CONTENTS: dict[str, dict[str, Any]] = {
    "text": {"text": {"body": "halo"}},
    "button": {"button": {"payload": "pilih:a", "text": "Ya"}},
    "interactive": {"interactive": {"type": "list_reply", "list_reply": REPLY, "button_reply": REPLY}},
    "image": {"image": {"id": "9", "mime_type": "image/jpeg", "caption": "ini"}},
    "audio": {"audio": {"id": "9", "voice": True}},
    "contacts": {"contacts": [{"phones": [{"phone": "+6281300000000"}]}]},
    "location": {"location": {"latitude": -6.2, "longitude": 106.8}},
    "reaction": {"reaction": {"message_id": "wamid.0", "emoji": "x"}},
    "edit": {"edit": {"original_message_id": "wamid.0", "message": {"type": "text"}}},
    "revoke": {"revoke": {"original_message_id": "wamid.0"}},
    "system": {"system": SYSTEM},
    "unsupported": {"errors": [{"code": 131051}]},
}
STATUS = {
    "id": "wamid.S", "status": "failed", "timestamp": "1760000000", "recipient_id": PERSON,
    "biz_opaque_callback_data": "o1", "errors": [{"code": 131026, "title": "x"}],
}  # fmt: skip
WHOLE: dict[str, Any] = json.loads(
    envelope(
        contacts=[{"wa_id": PERSON, "user_id": BSUID, "profile": {"name": "Siti"}}],
        messages=[
            message(f"w.{kind}", type=kind, from_user_id=BSUID, context={"id": "x"}, **content)
            for kind, content in CONTENTS.items()
        ],
        statuses=[STATUS],
        errors=[{"code": 130429}],
    )
)
WHOLE["entry"][0]["changes"].append(
    {"field": "account_update", "value": {"event": "DISABLED_UPDATE", "ban_info": {"waba_ban_state": "DISABLE"}}}
)
JUNK: list[Any] = [
    None, True, False, 0, -1, 10**18, 10**400, 1.5, float("nan"), float("inf"), "", " ", "\ud800", "a\u0000b",
    "ID.ENT.5", "9" * 200, "A" * 5000, [], [[]], [None, 7, "x"], {}, {"id": {}}, {"": ""},
]  # fmt: skip
Path = tuple[str | int, ...]


def paths(value: Any, so_far: Path = ()) -> Iterator[Path]:
    """Every place in a JSON value, the whole of it left out."""
    rows = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in rows:
        yield (*so_far, key)
        yield from paths(inner, (*so_far, key))


PLACES = list(paths(WHOLE))
GONE = object()


def damaged(place: Path, junk: Any) -> bytes:
    """The whole body, with something else in one place, or nothing."""
    body = copy.deepcopy(WHOLE)
    holder: Any = body
    for key in place[:-1]:
        holder = holder[key]
    if junk is GONE:
        del holder[place[-1]]
    else:
        holder[place[-1]] = junk
    return json.dumps(body).encode()


def parse(body: bytes) -> list[Event]:
    account = MetaAccount("default", settings())
    return list(account.parse(request(account.path, body, {})))


def of_messages(events: list[Event]) -> dict[str, Event]:
    return {event.id: event for event in events if isinstance(event, Arrival)}


def test_undamaged_body_holds_what_the_other_tests_damage() -> None:
    events = parse(json.dumps(WHOLE).encode())
    assert len(events) == len(CONTENTS) + 3
    answered = {"text", "button", "interactive", "image", "audio", "contacts", "location", "unsupported"}
    assert set(of_messages(events)) == {f"w.{kind}" for kind in answered}


@pytest.mark.parametrize("junk", [*JUNK, GONE], ids=lambda junk: "gone" if junk is GONE else ascii(junk)[:12])
def test_junk_in_any_place_raises_nothing_but_bad_message(junk: Any) -> None:
    for place in PLACES:
        with contextlib.suppress(BadMessage):
            parse(damaged(place, junk))


@pytest.mark.parametrize("index", range(len(CONTENTS)), ids=list(CONTENTS))
def test_damaged_message_leaves_its_siblings_as_they_were(index: int) -> None:
    whole = parse(json.dumps(WHOLE).encode())
    start: Path = ("entry", 0, "changes", 0, "value", "messages", index)
    own = f"w.{list(CONTENTS)[index]}"
    siblings = {name: event for name, event in of_messages(whole).items() if name != own}
    for place in (start, *(place for place in PLACES if place[: len(start)] == start)):
        for junk in (None, 7, "", [], {}, "\ud800", GONE):
            events = parse(damaged(place, junk))
            assert siblings.items() <= of_messages(events).items(), (place, junk)
            assert any(isinstance(event, Delivery) for event in events)


@given(st.data())
def test_several_damages_at_once_raise_nothing_but_bad_message(data: st.DataObject) -> None:
    body = copy.deepcopy(WHOLE)
    for _ in range(data.draw(st.integers(2, 6))):
        place = data.draw(st.sampled_from(list(paths(body)) or [("entry",)]))
        holder: Any = body
        for key in place[:-1]:
            holder = holder[key]
        # A copy: the next damage may be done inside of it.
        holder[place[-1]] = copy.deepcopy(data.draw(st.sampled_from(JUNK)))
    with contextlib.suppress(BadMessage):
        parse(json.dumps(body).encode())


def test_message_of_another_number_in_the_same_body_is_left_to_it() -> None:
    body = copy.deepcopy(WHOLE)
    other = json.loads(envelope("2" + NUMBER, messages=[message("w.lain", type="text", text={"body": "rahasia"})]))
    body["entry"] = [*other["entry"], *body["entry"]]
    assert "w.lain" not in of_messages(parse(json.dumps(body).encode()))


def test_message_delivered_again_in_another_batch_keeps_its_id() -> None:
    first = parse(envelope(messages=[message("w1", type="text", text={"body": "halo"})]))
    again = [message("w0", type="text", text={"body": "x"}), message("w1", type="text", text={"body": "halo"})]
    assert parse(envelope(messages=again))[1] == first[0]


def test_message_twice_in_one_body_is_twice_the_same_arrival() -> None:
    one = message("w1", type="text", text={"body": "halo"})
    first, second = parse(envelope(messages=[one, one]))
    assert first == second
