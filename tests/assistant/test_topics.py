"""Which part of their own account people mean, by the words of nlu/status_topics.yml."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from bot.assistant.engine import Engine
from nlu.components.topics import CHECK_STATUS, STATUS_TOPIC, WORDS_FILE, TopicWords
from nlu.content.checks import ACCOUNT_PARTS
from nlu.normalising.lexicon import Lexicon
from nlu.normalising.normaliser import Normaliser

WORDS: dict[str, dict[str, list[str]]] = yaml.safe_load(WORDS_FILE.read_text(encoding="utf-8"))
SAID = {
    "registration": [
        "verif wajah gw gmn",
        "foto ktp sy masih dicek ya",
        "pendaftaran gw udah lengkap blm",
        "registrasi gue sampe mana",
        "swafoto saya ditolak kah",
        "data dukcapil aku cocok ga",
    ],
    "selection": [
        "gw lolos ga gel 71",
        "cekin hasil seleksi saya",
        "udah ada pengumuman buat saya blm",
        "aku udah gabung gelombang belum ya",
    ],
    "training": [
        "saldo gw tinggal brp",
        "tenggat beli kelas sy kpn",
        "kelas gw apa aja",
        "kepesertaan saya masih aktif kan",
        "deadline gue tgl brp",
        "sisa waktu beli punyaku",
    ],
    "certificate": [
        "sertif gw udah terbit blm",
        "sertipikat abdi tos aya teu acan",
        "ulasan sy udah kerekam belum",
        "sertifikat pelatihan saya mana",
        "rating gw masuk ga",
    ],
    "incentive": [
        "insentif gw udah cair blm",
        "insentip abdi tos cair teu acan",
        "duit gw kapan cair",
        "yg 600rb punyaku gmn",
        "insentif survei saya masuk blm",
        "insentif aku masuk ke rekening mana",
        "kapan dicairkan punya saya",
        "insentif saya udah diterima blm",
    ],
    "survey": [
        "survei gw udah kebuka blm",
        "survey yg kedua statusnya apa",
        "survei udah cair",
        "evaluasi saya kapan",
        "50rb saya gmn",
    ],
    "destination": [
        "ovo gw udah kesambung blm",
        "rekeningku yg kepasang apa",
        "gopay aku gmn",
        "dompet digital saya nyambung ga",
        "dana gw udah nyambung ke akun",
        "e-wallet apa yg kepasang",
    ],
    "": [
        "cek status saya",
        "akun gw gmn",
        "saldo sama survei saya",
        "ktp dan rekening saya",
        "gelombang sama sertifikat saya",
        "",
    ],
}

OWN = [
    ("saldo", "training"),
    ("kelas", "training"),
    ("tenggat", "training"),
    ("sertif", "certificate"),
    ("ulasan", "certificate"),
    ("insentif", "incentive"),
    ("survei", "survey"),
    ("rekening", "destination"),
    ("gopay", "destination"),
    ("ovo", "destination"),
    ("pendaftaran", "registration"),
    ("verifikasi", "registration"),
]


@pytest.fixture(scope="module")
def normalise() -> Normaliser:
    return Normaliser(Lexicon.load())


@pytest.fixture(scope="module")
def topics() -> TopicWords:
    return TopicWords.load()


def phrases() -> Iterator[tuple[str, str]]:
    return ((phrase, topic) for topic, said in SAID.items() for phrase in said)


def every_word() -> Iterator[tuple[str, str]]:
    return (
        (word, topic) for topic, kinds in WORDS.items() for kind in ("words", "weak") for word in kinds.get(kind, ())
    )


@pytest.mark.parametrize(("phrase", "topic"), phrases())
def test_phrase_is_about_its_topic(normalise: Normaliser, topics: TopicWords, phrase: str, topic: str) -> None:
    assert topics.topic_of(normalise(phrase)) == topic


@pytest.mark.parametrize(("word", "topic"), OWN)
@pytest.mark.parametrize("ending", ["ku", "nya"])
def test_word_with_its_owner_behind_it_is_the_same_word(
    normalise: Normaliser, topics: TopicWords, word: str, topic: str, ending: str
) -> None:
    """ "saldoku" is how many people say "my balance"."""
    assert topics.topic_of(normalise(f"{word}{ending} gimana kak")) == topic


@pytest.mark.parametrize(("word", "topic"), every_word())
def test_word_of_the_file_is_understood_as_people_type_it(
    normalise: Normaliser, topics: TopicWords, word: str, topic: str
) -> None:
    """A word that the normaliser turns into one that is not in the file would stand there for nothing."""
    assert topics.topic_of(normalise(word)) == topic


def test_file_has_the_topics_that_can_be_answered_and_no_word_twice() -> None:
    assert set(WORDS) == set(ACCOUNT_PARTS)
    words = [word for word, _ in every_word()]
    assert len(words) == len(set(words))
    for topic, kinds in WORDS.items():
        assert set(kinds.get("over", ())) <= set(ACCOUNT_PARTS) - {topic}


FEW_WORDS = {
    "survey": {"words": ["survei"], "weak": ["isi"]},
    "incentive": {"words": ["insentif", "50 ribu"], "weak": ["cair", "isi"]},
    "certificate": {"words": ["sertifikat"], "over": ["survey"]},
}


class TestRules:
    @pytest.mark.parametrize(
        ("plain", "topic"),
        [
            ("survei saya", "survey"),
            ("survei saya cair", "survey"),  # a weak word counts only where no other does
            ("kapan cair", "incentive"),
            ("survei dan insentif", ""),  # two are everything
            ("isi", ""),  # two weak ones, too
            ("sertifikat dan survei", "certificate"),  # one is over the other
            ("sertifikat dan insentif", ""),
            ("50 ribu", "incentive"),
            ("150 ribu", ""),
            ("survei-survei", ""),
            ("survein", ""),
            ("(survei)", "survey"),
            ("SURVEI", ""),  # texts come here in small letters
            ("", ""),
        ],
    )
    def test_strong_words_then_weak_ones(self, plain: str, topic: str) -> None:
        assert TopicWords(FEW_WORDS).topic_of(plain) == topic

    def test_words_are_no_patterns(self) -> None:
        words = TopicWords({"survey": {"words": ["a.c", "(x"]}})
        assert [words.topic_of(plain) for plain in ("abc", "a.c", "(x")] == ["", "survey", "survey"]


class TestComponent:
    def test_only_who_asks_for_a_status_has_a_topic(self, engine: Engine) -> None:
        texts = ["cek insentif saya dong", "cek status saya", "apa itu insentif prakerja?", "halo"]
        parses = engine.parse(texts)
        assert [parse["intent"]["name"] == CHECK_STATUS for parse in parses] == [True, True, False, False]
        assert [_topics(parse) for parse in parses] == [["incentive"], [], [], []]

    def test_slang_is_read_before_the_words_are_looked_for(self, engine: Engine) -> None:
        assert _topics(engine.parse(["cekin sertif gw udah keluar belum"])[0]) == ["certificate"]


def _topics(parse: dict[str, Any]) -> list[str]:
    return [one["value"] for one in parse["entities"] if one["entity"] == STATUS_TOPIC]
