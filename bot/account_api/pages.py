"""The dashboard's two pages as HTML; whatever comes from outside goes through `escape`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from html import escape
from typing import Any

from bot.account_api import words
from bot.account_api.accounts import Account
from bot.account_api.grants import Connected
from bot.account_api.statuses import JAKARTA

NOTE = "Server contoh untuk mencoba - orang-orang ini rekaan"


def home_page(people: Sequence[Account], fault: str, waves: str) -> str:
    """Everybody, and the switches."""
    rows = "".join(
        f'<li><a class="card" href="/dashboard/people/{escape(each.id)}"><b>{escape(each.name)}</b>'
        f'<span class="tag">{escape(words.STAGES[each.situation["stage"]])}</span>'
        f"<span>{escape(each.about)}</span></a></li>"
        for each in people
    )
    return _page(
        "Dasbor contoh",
        "<h1>Mau jadi siapa, Kak?</h1><p>Pilih orang untuk membuka dasbornya, lalu hubungkan ke asisten.</p>"
        f'<ul class="people">{rows}</ul>'
        "<h2>Atur keadaan server</h2>"
        + _switch("fault", "API menjawab", words.FAULTS, fault, "/dashboard/fault")
        + _switch("waves", "Gelombang 99", words.WAVES, waves, "/dashboard/waves"),
    )


def person_page(
    person: Account, status: Mapping[str, Any], chats: Sequence[Connected], others: Sequence[Account]
) -> str:
    """The dashboard of one person, as if logged in."""
    path = f"/dashboard/people/{escape(person.id)}"
    facts = "".join(f"<dt>{escape(name)}</dt><dd>{escape(text)}</dd>" for name, text in _facts(status))
    buttons = "".join(
        f'<button type="button" data-link="{channel}" data-post="{path}/links">Hubungkan {label}</button>'
        for channel, label in (("telegram", "Telegram"), ("whatsapp", "WhatsApp"), ("web", "chat web"))
    )
    choices = "".join(
        f'<option value="{escape(each.id)}">{escape(each.name)}: {escape(each.about)}</option>' for each in others
    )
    return _page(
        f"Dasbor {person.name}",
        f'<p><a href="/">&larr; Semua orang</a></p><h1>{escape(person.name)}</h1><p>{escape(person.about)}</p>'
        f'<section class="box"><h2>Status</h2><dl>{facts}</dl></section>'
        '<section class="box"><h2>Hubungkan ke asisten</h2>'
        "<p>Tautannya berlaku sepuluh menit dan hanya sekali pakai.</p>"
        f'<p class="buttons">{buttons}</p>'
        '<div id="made" aria-live="polite" hidden><p><a id="address" rel="noreferrer"></a></p>'
        '<p id="instead">Atau kirim teks ini ke asisten:</p><p><code id="text"></code></p>'
        '<p class="buttons"><button type="button" id="copy">Salin</button><span id="left"></span></p></div></section>'
        f'<section class="box"><h2>Chat yang terhubung</h2>{_chats(path, chats)}</section>'
        '<section class="box"><h2>Coba keadaan lain</h2><p><label for="like">Samakan keadaannya dengan</label></p>'
        f'<p class="buttons"><select id="like">{choices}</select>'
        f'<button type="button" data-like="{path}/like/">Samakan</button></p></section>',
    )


def _page(title: str, main: str) -> str:
    return (
        '<!doctype html><html lang="id"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title>"
        '<link rel="icon" href="/dashboard/static/icon.svg">'
        '<link rel="stylesheet" href="/dashboard/static/dashboard.css">'
        '<script src="/dashboard/static/dashboard.js" defer></script></head>'
        f'<body><p class="note">{escape(NOTE)}</p><main>{main}'
        '<p id="problem" role="alert" hidden></p></main></body></html>'
    )


def _switch(name: str, legend: str, labels: Mapping[str, str], chosen: str, path: str) -> str:
    choices = "".join(
        f'<label><input type="radio" name="{name}" value="{mode}" data-switch="{path}"'
        f"{' checked' if mode == chosen else ''}> {escape(label)}</label>"
        for mode, label in labels.items()
    )
    return f'<fieldset class="box"><legend>{escape(legend)}</legend>{choices}</fieldset>'


def _chats(path: str, chats: Sequence[Connected]) -> str:
    if not chats:
        return "<p>Belum ada chat yang terhubung.</p>"
    rows = "".join(
        f"<li><span><b>{escape(words.CHANNELS[chat.channel])}</b>, {escape(words.LEVELS[chat.level])}, "
        f"sejak {_moment(chat.linked_at)}</span> "
        f'<button type="button" data-end="{path}/grants/{chat.number}/end">Putuskan</button></li>'
        for chat in chats
    )
    everything = f'<p><button type="button" data-end="{path}/grants/end">Putuskan semua</button></p>'
    return f'<ul class="chats">{rows}</ul>{everything}'


def _moment(seconds: float) -> str:
    moment = datetime.fromtimestamp(seconds, JAKARTA)
    return f"{words.day(moment.date().isoformat())} {moment:%H.%M} WIB"


def _facts(status: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    """The status in words, line by line."""
    selection, membership, training = status["selection"], status["membership"], status["training"]
    yield "Tahap", words.STAGES[status["stage"]]
    yield "Pendaftaran", _said(words.REGISTRATION, status["registration"])
    wave = f"gelombang {selection['wave']}, " if "wave" in selection else ""
    yield "Seleksi", wave + _said(words.SELECTION, selection, diumumkan="announced_on")
    yield "Kepesertaan", _said(words.MEMBERSHIP, membership, sejak="since")
    if "balance_until" in training:
        yield "Saldo pelatihan", f"{words.rupiah(training['balance'])}, sampai {words.day(training['balance_until'])}"
    if "first_purchase_until" in training:
        yield "Batas beli pelatihan pertama", words.day(training["first_purchase_until"])
    for course in training["courses"]:
        parts = [course["title"], words.COURSE[course["state"]], words.CERTIFICATE[course["certificate"]]]
        yield "Pelatihan", ", ".join([*parts, "sudah diulas" if course["reviewed"] else "belum diulas"])
    for incentive in status["incentives"]:
        name = words.INCENTIVE_KIND[incentive["kind"]] + (
            f" {incentive['number']}" if incentive["kind"] == "survey" else ""
        )
        yield name, f"{words.rupiah(incentive['amount'])}, {_said(words.INCENTIVE, incentive, tanggal='on')}"
    for survey in status["surveys"]:
        yield f"Survei {survey['number']}", _said(words.SURVEY, survey, sampai="until")
    destination = status["destination"]
    if destination is None:
        yield "Rekening/e-wallet", "belum ada"
    else:
        where = f"{destination['provider']} {destination['number']}"
        yield words.DESTINATION_KIND[destination["kind"]], f"{where}, {_said(words.DESTINATION, destination)}"


def _said(states: Mapping[str, str], part: Mapping[str, Any], **days: str) -> str:
    """A state with its reason and its days, for example `gagal (nama berbeda), tanggal 3 Mei 2026`."""
    reason = f" ({words.REASONS[part['reason']]})" if "reason" in part else ""
    dated = "".join(f", {word} {words.day(part[name])}" for word, name in days.items() if name in part)
    return states[part["state"]] + reason + dated
