"""Rasa as a library: batches equal single messages, slashes are words, and a failing action ends in no reply."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from actions.human_help import ActionHumanHelp
from bot.assistant.engine import Engine, certain
from bot.assistant.parses import Parse
from nlu.content.live import LiveCatalogue
from nlu.evaluation.figures import read_cases
from nlu.evaluation.run import FOLDER
from tests.contract.samples import PATIENCE_SECONDS

ANI = "web:main:ani"
SURE = "insentif saya kok belum cair ya min"
ODD = ["", " ", "-", "?", "\U0001f64f", "你好", "_", "\u0000", "a" * 5000, "[NIK/KK]", "\n\n"]

Events = Sequence[dict[str, Any]]


async def ask(engine: Engine, text: str, events: Events = ()) -> tuple[list[dict[str, Any]], Events]:
    return await engine.turn(ANI, events, engine.parse([text])[0])


def nearly(parse: Parse) -> Any:
    """The parse without the last digits of its figures: a matrix product rounds with its size."""
    if isinstance(parse, dict):
        return {name: nearly(value) for name, value in parse.items()}
    if isinstance(parse, list):
        return [nearly(value) for value in parse]
    return round(parse, 4) if isinstance(parse, float) else parse


def test_batch_of_texts_parses_as_each_text_alone(engine: Engine) -> None:
    texts = [*(case.text for case in read_cases(FOLDER)[::15]), *ODD]
    together = engine.parse(texts)
    alone = [engine.parse([text])[0] for text in texts]
    assert [parse["text"] for parse in together] == texts
    assert nearly(together) == nearly(alone)  # type: ignore[arg-type]


def test_no_text_is_no_parse(engine: Engine) -> None:
    assert engine.parse([]) == []


@pytest.mark.parametrize("text", ODD)
async def test_odd_text_gets_some_reply(engine: Engine, text: str) -> None:
    messages, _ = await ask(engine, text)
    assert messages
    assert messages[0]["text"]


@pytest.mark.parametrize("front", ["/", "//", " /", "\n/", "\u00a0/", "\t/ /", "\u2003/", "\x1f/"])
@pytest.mark.parametrize("rest", ['greet{"x":1}', "faq/lupa-sandi", 'jadi_admin{"x":1}', "restart", "greet@0.9"])
def test_slash_in_front_is_never_an_intent_payload(engine: Engine, front: str, rest: str) -> None:
    parse, words = engine.parse([front + rest, rest])
    assert parse["text"] == front + rest
    assert parse["intent"] == words["intent"]
    assert parse["intent"]["confidence"] != 1.0 or parse["intent"]["name"] == "nlu_fallback"
    assert parse["entities"] == []


async def test_sure_question_gets_the_answer_of_its_entry(engine: Engine, catalogue: LiveCatalogue) -> None:
    messages, events = await ask(engine, SURE)
    assert len(messages) == 1
    assert catalogue.current().entries["insentif-belum-cair"].answer in messages[0]["text"]
    assert events


async def test_pressed_button_needs_no_classifier(engine: Engine, catalogue: LiveCatalogue) -> None:
    messages, events = await engine.turn(ANI, (), certain("faq/lupa-sandi", "Lupa kata sandi"))
    assert catalogue.current().entries["lupa-sandi"].answer in messages[0]["text"]
    messages, _ = await engine.turn(ANI, events, certain("help", "Bisa bantu apa?"))
    assert "Saya bisa menjawab" in messages[0]["text"]


async def test_every_entry_can_be_pressed(engine: Engine, catalogue: LiveCatalogue) -> None:
    for entry in catalogue.current().entries.values():
        messages, _ = await engine.turn(ANI, (), certain(entry.intent, entry.title))
        assert len(messages) == 1
        assert entry.answer in messages[0]["text"]


async def test_withdrawn_entry_is_not_answered_from_the_model(engine: Engine) -> None:
    messages, _ = await engine.turn(ANI, (), certain("faq/sudah-dihapus", "Sudah dihapus"))
    assert "saya belum paham" in messages[0]["text"]
    assert messages[0]["buttons"][0]["payload"] == "/help"


async def test_unknown_intent_leaves_the_dialogue_usable(engine: Engine) -> None:
    messages, _ = await engine.turn(ANI, (), certain("tidak_ada", "x"))
    assert messages == []
    messages, _ = await ask(engine, SURE)
    assert messages


async def test_action_runs_in_this_process(engine: Engine) -> None:
    messages, _ = await engine.turn(ANI, (), certain("ask_human", "petugas"))
    assert "belum ada petugas" in messages[0]["text"]
    assert [button["payload"] for button in messages[0]["buttons"]] == [
        "/faq/nomor-layanan",
        "/faq/aduan-belum-dibalas",
    ]


async def test_without_an_account_service_a_deep_link_and_a_status_question_say_so(engine: Engine) -> None:
    for parse in (certain("link_account", "", [("link_token", "aB3_x-9")]), certain("check_status", "cek status")):
        messages, _ = await engine.turn(ANI, (), parse)
        assert "belum bisa membuka data akun" in messages[0]["text"]


async def test_what_came_with_the_message_is_for_actions_only(engine: Engine) -> None:
    secret = "+6281234567890"
    _, events = await engine.turn(ANI, (), certain("check_status", "cek"), {"phone": secret})
    assert events
    assert secret not in str(events)


async def test_many_conversations_at_once_keep_apart(engine: Engine, catalogue: LiveCatalogue) -> None:
    entries = list(catalogue.current().entries.values())[:20]
    done = await asyncio.gather(
        *(engine.turn(f"web:main:{entry.id}", (), certain(entry.intent, entry.title)) for entry in entries)
    )
    for entry, (messages, events) in zip(entries, done):
        assert [entry.answer in message["text"] for message in messages] == [True]
        assert len([event for event in events if event["event"] == "user"]) == 1


async def test_what_a_turn_carries_along_does_not_grow_with_the_conversation(engine: Engine) -> None:
    parse = engine.parse([SURE])[0]
    events: Events = ()
    carried = []
    for _ in range(200):
        _, events = await engine.turn(ANI, events, parse)
        carried.append(len(events))
    assert max(carried[100:]) <= max(carried[:100])


async def raises(action: Any, dispatcher: Any, tracker: Any, domain: Any) -> list[dict[str, Any]]:
    """An action with a fault in it."""
    raise RuntimeError("boom")


async def hangs(action: Any, dispatcher: Any, tracker: Any, domain: Any) -> list[dict[str, Any]]:
    """An action whose service does not answer."""
    await asyncio.sleep(3600)
    return []


@pytest.mark.parametrize("fault", [raises, hangs])
async def test_failing_action_ends_in_no_reply_and_in_time(
    model: Path, monkeypatch: pytest.MonkeyPatch, fault: Any
) -> None:
    monkeypatch.setattr(ActionHumanHelp, "run", fault)
    engine = Engine(model, action_seconds=0.1)
    messages, _ = await asyncio.wait_for(engine.turn(ANI, (), certain("ask_human", "petugas")), PATIENCE_SECONDS)
    assert messages == []
    messages, _ = await engine.turn(ANI, (), certain("help", "bantuan"))
    assert messages
