"""How a status reads: days and deadlines in Jakarta, amounts, names that hold anything, and what is said first."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, datetime, timedelta, timezone

import pytest

from actions.accounts.status import (
    MOST_COURSES,
    MOST_PAYMENTS,
    Course,
    Destination,
    Incentive,
    Status,
    Survey,
    Training,
    Wave,
    read_status,
)
from actions.accounts.wording import NEAR_DAYS, StatusWriter, rupiah, when
from nlu.content.checks import ACCOUNT_PARTS, EVERYTHING, NEXT
from nlu.content.live import LiveCatalogue
from tests.assistant.backend_stub import full_status, stage_status
from tests.assistant.test_account_contract import faults_of_text

NOON = datetime(2026, 11, 25, 5, 0, tzinfo=timezone.utc)  # noon in Jakarta
TODAY = date(2026, 11, 25)
ALL = (*ACCOUNT_PARTS, EVERYTHING)
COURSE = Course("Dasar Desain Grafis", "Kelas Cakap", "finished", "issued", reviewed=True)


@pytest.fixture(scope="module")
def texts(catalogue: LiveCatalogue) -> dict[str, str]:
    return catalogue.current().status


@pytest.fixture
def status() -> Status:
    """Somebody in training, of whom everything is known."""
    return read_status(full_status())


def said(
    texts: dict[str, str], status: Status, topic: str, *waves: Wave, now: datetime = NOON, named: bool = True
) -> list[str]:
    """The answer's parts."""
    return StatusWriter(texts, status, waves, now).answer(topic, named=named).split("\n\n")


def choosing(until: date) -> Status:
    """Somebody who has to buy the first training."""
    return replace(read_status(full_status()), training=Training(3_500_000, (), first_purchase_until=until))


class TestMoments:
    @pytest.mark.parametrize(
        ("moment", "words"),
        [
            (datetime(2026, 11, 24, 16, 59, 59, tzinfo=timezone.utc), "24 November 2026 pukul 23.59 WIB"),
            (datetime(2026, 11, 24, 17, 0, tzinfo=timezone.utc), "25 November 2026 pukul 00.00 WIB"),
            (datetime(2026, 12, 31, 17, 5, tzinfo=timezone.utc), "1 Januari 2027 pukul 00.05 WIB"),
            (datetime(2028, 2, 28, 18, 0, tzinfo=timezone.utc), "29 Februari 2028 pukul 01.00 WIB"),
            (datetime(2026, 11, 25, 0, 30, tzinfo=timezone(timedelta(hours=9))), "24 November 2026 pukul 22.30 WIB"),
        ],
    )
    def test_moment_is_told_in_jakarta(self, moment: datetime, words: str) -> None:
        assert when(moment) == words

    def test_answer_ends_with_the_date_of_the_data_and_not_with_ours(
        self, texts: dict[str, str], status: Status
    ) -> None:
        old = replace(status, as_of=datetime(2026, 11, 20, 17, 0, tzinfo=timezone.utc))
        for topic in ALL:
            assert said(texts, old, topic)[-1] == "Data akun per 21 November 2026 pukul 00.00 WIB."

    def test_wave_closes_on_the_day_that_it_is_in_jakarta(self, texts: dict[str, str], status: Status) -> None:
        joinable = replace(status, selection=replace(status.selection, state="not_joined"))
        late = Wave(72, "open", datetime(2026, 11, 29, 17, 0, tzinfo=timezone.utc))
        assert "- Gelombang 72 sedang dibuka sampai 30 November 2026." in said(texts, joinable, "selection", late)[0]


class TestDeadlines:
    @pytest.mark.parametrize(
        ("days", "left"), [(0, "hari ini"), (1, "besok"), (2, "2 hari lagi"), (NEAR_DAYS, "5 hari lagi")]
    )
    @pytest.mark.parametrize("topic", ACCOUNT_PARTS)
    def test_near_deadline_is_said_before_anything_else(
        self, texts: dict[str, str], topic: str, days: int, left: str
    ) -> None:
        until = TODAY + timedelta(days=days)
        first = said(texts, choosing(until), topic)[0]
        assert first == f"⏰ Pelatihan pertama harus dibeli paling lambat {until.day} November 2026 ({left})."

    def test_whose_it_is_comes_before_the_deadline(self, texts: dict[str, str]) -> None:
        parts = said(texts, choosing(TODAY), EVERYTHING)
        assert parts[0] == "Akun Si** R******"
        assert parts[1].startswith("⏰ ")

    def test_deadline_that_is_further_away_is_for_who_asks(self, texts: dict[str, str]) -> None:
        far = choosing(TODAY + timedelta(days=NEAR_DAYS + 1))
        for topic in ACCOUNT_PARTS:
            answer = said(texts, far, topic)
            assert not any(part.startswith("⏰") for part in answer)
            assert ("6 hari lagi" in "\n".join(answer)) == (topic == "training")

    def test_deadline_that_is_over_is_said_to_be_and_leads_to_a_complaint(self, texts: dict[str, str]) -> None:
        answer = said(texts, choosing(TODAY - timedelta(days=1)), "training")
        assert answer[0] == "⏰ Batas beli pelatihan pertama sudah lewat, 24 November 2026."
        assert "Formulir Pengaduan" in answer[-2]

    def test_day_changes_at_midnight_in_jakarta(self, texts: dict[str, str]) -> None:
        person = choosing(date(2026, 11, 26))
        before, after = (datetime(2026, 11, 25, *time, tzinfo=timezone.utc) for time in ((16, 59), (17, 0)))
        assert said(texts, person, "training", now=before)[0].endswith("(besok).")
        assert said(texts, person, "training", now=after)[0].endswith("(hari ini).")

    def test_deadline_is_said_once(self, texts: dict[str, str]) -> None:
        for topic in ALL:
            assert "\n\n".join(said(texts, choosing(TODAY), topic)).count("harus dibeli paling lambat") == 1

    @pytest.mark.parametrize("topic", ALL)
    def test_several_deadlines_come_the_nearest_first(self, texts: dict[str, str], topic: str) -> None:
        surveys = (Survey(1, "open", TODAY + timedelta(days=4)), Survey(2, "open", TODAY + timedelta(days=1)))
        person = replace(choosing(TODAY + timedelta(days=2)), surveys=surveys)
        alarms = [part for part in said(texts, person, topic) if part.startswith("⏰")]
        assert [alarm.split()[1:3] for alarm in alarms] == [
            ["Survei", "2:"],
            ["Pelatihan", "pertama"],
            ["Survei", "1:"],
        ]

    @pytest.mark.parametrize(
        ("state", "days", "alarms"),
        [("open", 0, 1), ("open", NEAR_DAYS, 1), ("open", NEAR_DAYS + 1, 0), ("open", -1, 0), ("done", 1, 0)],
    )
    def test_only_surveys_that_can_still_be_filled_in_are_urgent(
        self, texts: dict[str, str], status: Status, state: str, days: int, alarms: int
    ) -> None:
        person = replace(status, surveys=(Survey(1, state, TODAY + timedelta(days=days)),))
        assert sum(part.startswith("⏰") for part in said(texts, person, "incentive")) == alarms

    def test_next_step_about_a_survey_names_the_nearest_day(self, texts: dict[str, str], status: Status) -> None:
        surveys = (Survey(1, "open", date(2026, 12, 24)), Survey(2, "open", date(2026, 12, 9)))
        assert said(texts, replace(status, surveys=surveys), "survey")[-2].endswith("paling lambat 9 Desember 2026.")


class TestAmounts:
    @pytest.mark.parametrize(
        ("amount", "words"),
        [
            (0, "Rp0"),
            (999, "Rp999"),
            (1_000, "Rp1.000"),
            (50_000, "Rp50.000"),
            (3_500_000, "Rp3.500.000"),
            (1_234_567_890, "Rp1.234.567.890"),
        ],
    )
    def test_amount_has_a_dot_at_each_thousand(self, amount: int, words: str) -> None:
        assert rupiah(amount) == words

    def test_balance_that_is_spent_is_said(self, texts: dict[str, str], status: Status) -> None:
        person = replace(status, training=Training(0, (COURSE,)))
        assert "Saldo pelatihan: Rp0." in "\n".join(said(texts, person, "training"))


ODD = [
    "{name}",
    "{0.__class__.__init__.__globals__}",
    "{",
    "}}",
    "100% Lulus %s %(name)s %d",
    "$HOME ${x}",
    "Excel & Word: <b>dasar</b>",
    "*tebal* _miring_ `kode`",
    "{title} {platform}",
]


class TestNames:
    @pytest.mark.parametrize("odd", ODD)
    def test_names_that_look_like_gaps_are_shown_as_they_are(
        self, texts: dict[str, str], status: Status, odd: str
    ) -> None:
        unfinished = replace(COURSE, title=odd, platform=odd, state="in_progress")
        person = replace(
            status,
            name=odd,
            training=Training(1, (unfinished,)),
            destination=Destination("ewallet", odd, "•••010", "connected"),
        )
        everything = said(texts, person, EVERYTHING)
        assert everything[0] == f"Akun {odd}"
        assert f"{odd} ({odd}): sedang diikuti." in "\n".join(everything)
        assert f'"{odd}"' in everything[-2]
        assert f"Tujuan insentif: {odd} •••010, tersambung." in said(texts, person, "destination")[0]

    def test_long_names_are_shortened_to_a_line(self, texts: dict[str, str]) -> None:
        body = full_status(name="Muh**** " * 10)
        course = {**body["training"]["courses"][0], "title": "Pemasaran Digital " * 6, "platform": "Kelas Cakap " * 5}
        body["training"]["courses"] = [course]
        everything = said(texts, read_status(body), EVERYTHING)
        assert re.fullmatch(r"Akun Muh\*{4} [Muh* ]{20,35}…", everything[0])
        assert re.search(
            r"Pemasaran Digital Pemasaran [\w ]{20,30}… \(Kelas Cakap [\w ]{8,14}…\): selesai\.", everything[1]
        )

    def test_more_than_anybody_reads_in_a_chat_is_left_out(self, texts: dict[str, str]) -> None:
        body = full_status()
        body["training"]["courses"] *= 30
        body["incentives"] *= 30
        body["surveys"] = [{"number": number, "state": "open"} for number in range(1, 31)]
        everything = "\n".join(said(texts, read_status(body), EVERYTHING))
        assert everything.count("Dasar Desain Grafis") == MOST_COURSES
        assert everything.count("Insentif pelatihan") == everything.count("Survei ") == MOST_PAYMENTS

    def test_wave_and_amount_come_from_the_status_and_not_from_the_texts(
        self, texts: dict[str, str], status: Status
    ) -> None:
        paid = Incentive("survey", 75_000, "sent", 2, date(2026, 11, 1))
        answer = said(texts, replace(status, incentives=(paid,)), "incentive")[0]
        assert answer == "Insentif survei 2 Rp75.000: sudah dikirim (1 November 2026) ke OVO •••010."


class TestShape:
    @pytest.mark.parametrize("topic", ALL)
    def test_answer_is_what_was_asked_then_the_step_then_the_date(
        self, texts: dict[str, str], status: Status, topic: str
    ) -> None:
        parts = said(texts, status, topic)
        assert len(parts) == 4 if topic == EVERYTHING else 3
        assert parts[-2].startswith("Langkah berikutnya: ")
        assert parts[-1].startswith("Data akun per ")

    def test_one_line_is_a_sentence_and_several_are_a_list(self, texts: dict[str, str], status: Status) -> None:
        one = replace(status, training=Training(1, (COURSE,)))
        two = replace(status, training=Training(1, (COURSE, replace(COURSE, title="Kedua"))))
        assert said(texts, one, "certificate")[0].startswith("Dasar Desain")
        assert [line[:7] for line in said(texts, two, "certificate")[0].split("\n")] == ["- Dasar", "- Kedua"]

    def test_name_is_said_where_everything_is_and_can_be_left_out(self, texts: dict[str, str], status: Status) -> None:
        assert said(texts, status, EVERYTHING)[0] == "Akun Si** R******"
        assert not any("Si**" in part for part in said(texts, status, EVERYTHING, named=False))
        for topic in ACCOUNT_PARTS:
            assert not any("Si**" in part for part in said(texts, status, topic))

    def test_who_asks_for_the_next_step_only_gets_it(self, texts: dict[str, str], status: Status) -> None:
        steps = [part for part in said(texts, status, EVERYTHING) if part.startswith("Langkah berikutnya: ")]
        assert said(texts, status, NEXT, named=False)[:-1] == steps

    def test_topic_that_nobody_knows_is_everything(self, texts: dict[str, str], status: Status) -> None:
        assert said(texts, status, "cuaca") == said(texts, status, EVERYTHING)

    def test_what_cannot_come_yet_is_left_out_of_everything(self, texts: dict[str, str], status: Status) -> None:
        later = Incentive("survey", 50_000, "not_due", 1)
        person = replace(status, incentives=(later,), surveys=(Survey(1, "not_yet"),))
        everything = "\n".join(said(texts, person, EVERYTHING))
        assert "belum dijadwalkan" not in everything
        assert "belum muncul" not in everything
        assert "belum dijadwalkan" in said(texts, person, "incentive")[0]
        assert "belum muncul" in said(texts, person, "survey")[0]

    def test_nothing_there_is_said_too(self, texts: dict[str, str], status: Status) -> None:
        person = replace(status, training=Training(1, ()), incentives=(), surveys=(), destination=None)
        for topic, start in {
            "certificate": "Pelatihan: belum ada",
            "incentive": "Insentif: belum ada",
            "survey": "Survei: belum ada",
            "destination": "Tujuan insentif: belum ada",
        }.items():
            assert said(texts, person, topic)[0].startswith(start)
            assert faults_of_text("\n\n".join(said(texts, person, topic))) == []

    def test_stage_is_the_same_for_every_question_and_has_no_more(self, texts: dict[str, str]) -> None:
        status = read_status(stage_status("incentive_failed"))
        answers = {tuple(said(texts, status, topic)) for topic in ALL}
        assert answers == {
            (
                "Tahap: insentif gagal cair.",
                texts["details_by_link"],
                "Data akun per 25 November 2026 pukul 15.20 WIB.",
            )
        }

    def test_payment_for_a_certificate_that_is_missing_without_any_course(
        self, texts: dict[str, str], status: Status
    ) -> None:
        """No step may speak of a platform that nobody knows."""
        owed = Incentive("training", 600_000, "not_due", 1, reason="certificate_missing")
        person = replace(status, training=Training(0, ()), incentives=(owed,))
        assert faults_of_text("\n\n".join(said(texts, person, "incentive"))) == []
