"""How a status reads in Indonesian: what was asked first, then the next step and the date, in one bubble."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from actions.accounts.status import Course, Incentive, Status, Survey, Wave
from actions.accounts.steps import FOR_GOOD, Step, next_step
from nlu.content.checks import ACCOUNT_PARTS, NEXT
from nlu.content.dates import JAKARTA, in_words
from nlu.content.status_texts import UNKNOWN

NEAR_DAYS = 5  # a deadline this near is said before anything else


class StatusWriter:
    """Words one status at one moment. `texts`: data/status.yml."""

    def __init__(self, texts: Mapping[str, str], status: Status, waves: Sequence[Wave], now: datetime) -> None:
        self._texts = texts
        self._status = status
        self._waves = waves
        self._today = now.astimezone(JAKARTA).date()

    def answer(self, topic: str, *, named: bool = True) -> str:
        """What was asked: one topic, or everything, with whose it is. At the level `stage` always the same."""
        if not self._status.full:
            stage = self._state("stage", self._status.stage)
            return "\n\n".join([stage, self._say("details_by_link"), self._as_of()])
        deadlines = self._deadlines()
        parts = [self._say("name", name=self._status.name)] if named and topic not in ACCOUNT_PARTS else []
        parts += [self._say("deadline", text=line) for line in deadlines]
        lines = [line for line in self._lines(topic) if line not in deadlines] if topic != NEXT else []
        parts.append(_listed(lines))
        parts.append(self._say("next", step=self._step(next_step(self._status, self._waves))))
        parts.append(self._as_of())
        return "\n\n".join(part for part in parts if part)

    def _lines(self, topic: str) -> list[str]:
        ways = (
            self._registration, self._selection, self._training, self._courses, self._incentives, self._surveys,
            self._destination,
        )  # fmt: skip
        about = dict(zip(ACCOUNT_PARTS, ways))
        if topic in about:
            return about[topic]()
        lines: list[str] = []
        accepted = self._status.selection.state == "accepted"
        lines += [] if accepted else self._registration()
        lines += self._selection()[:1]
        if accepted:
            lines += [*self._membership(), *self._balance()]
            lines += [self._course(one) for one in self._status.training.courses] or [self._say("no_courses")]
            # What cannot come yet is said to who asks for it.
            lines += [self._incentive(one) for one in self._status.incentives if one.state != "not_due"]
            lines += [self._survey(one) for one in self._status.surveys if one.state != "not_yet"]
            lines += self._destination()
        return lines

    def _registration(self) -> list[str]:
        registration = self._status.registration
        return [self._state("registration", registration.state, reason=self._because("registration", registration))]

    def _selection(self) -> list[str]:
        selection = self._status.selection
        wave = self._say("wave", number=selection.wave) if selection.wave else self._say("some_wave")
        line = self._state(
            "selection",
            selection.state,
            wave=wave,
            date=self._date("dated", selection.announced_on),
            reason=self._because("selection", selection),
        )
        if selection.state not in ("not_joined", "not_selected"):
            return [line]
        if selection.reason in FOR_GOOD:
            return [line]
        return [line, *self._all_waves(), *([self._say("selection_again")] if selection.state != "not_joined" else [])]

    def _all_waves(self) -> list[str]:
        return [
            self._say("wave_open", wave=_capital(self._wave(wave)), date=self._date("open_until", _day(wave.closes_at)))
            if wave.state == "open"
            else self._say("wave_announced", wave=_capital(self._wave(wave)))
            for wave in self._waves
        ] or [self._say("wave_none")]

    def _training(self) -> list[str]:
        training = self._status.training
        if self._status.membership.state == "none":
            return self._membership()
        balance = self._say(
            "balance", amount=rupiah(training.balance), date=self._date("until", training.balance_until)
        )
        done = [self._say("first_purchase_done")] if training.courses else []
        courses = [self._course(one) for one in training.courses]
        return [balance, *(self._first_purchase() or done), *courses, *self._membership()]

    def _membership(self) -> list[str]:
        membership = self._status.membership
        return [
            self._state(
                "membership",
                membership.state,
                date=self._date("since", membership.since),
                reason=self._because("membership", membership),
            )
        ]

    def _balance(self) -> list[str]:
        training = self._status.training
        balance = self._say(
            "balance", amount=rupiah(training.balance), date=self._date("until", training.balance_until)
        )
        return [balance, *self._first_purchase()] if self._status.membership.state != "none" else []

    def _first_purchase(self) -> list[str]:
        until = self._status.training.first_purchase_until
        if until is None:
            return []
        if until < self._today:
            return [self._say("first_purchase_over", date=_words(until))]
        return [self._say("first_purchase", date=_words(until), left=self._left(until))]

    def _courses(self) -> list[str]:
        courses = self._status.training.courses
        return [self._course(one, certificate=True) for one in courses] or [self._say("no_courses")]

    def _course(self, course: Course, *, certificate: bool = False) -> str:
        about = self._certificate(course) if certificate or course.state == "finished" else ""
        return self._state(
            "course", course.state, title=course.title, platform=course.platform, certificate=about and f" {about}"
        )

    def _certificate(self, course: Course) -> str:
        return self._state(
            "certificate",
            course.certificate,
            date=self._date("dated", course.certificate_on),
            review=self._say("reviewed" if course.reviewed else "not_reviewed"),
        )

    def _incentives(self) -> list[str]:
        return [self._incentive(one) for one in self._status.incentives] or [self._say("no_incentives")]

    def _incentive(self, incentive: Incentive) -> str:
        name = self._state("incentive_name", incentive.kind)
        if incentive.kind == "survey" and incentive.number:
            name = f"{name} {incentive.number}"
        return self._state(
            "incentive",
            incentive.state,
            name=name,
            amount=rupiah(incentive.amount),
            date=self._date("dated", incentive.on),
            reason=self._because("incentive", incentive),
            destination=self._to(),
        )

    def _to(self) -> str:
        destination = self._status.destination
        return self._say("to", provider=destination.provider, number=destination.number) if destination else ""

    def _surveys(self) -> list[str]:
        surveys = self._status.surveys
        lines = [self._survey(one) for one in surveys] or [self._say("no_surveys")]
        return [*lines, *([self._say("survey_when")] if any(one.state == "not_yet" for one in surveys) else [])]

    def _survey(self, survey: Survey) -> str:
        return self._state("survey", survey.state, number=survey.number, date=self._date("before", survey.until))

    def _destination(self) -> list[str]:
        destination = self._status.destination
        if destination is None:
            return [self._say("destination_none")]
        return [
            self._state(
                "destination",
                destination.state,
                provider=destination.provider,
                number=destination.number,
                reason=self._because("destination", destination),
            )
        ]

    def _deadlines(self) -> list[str]:
        """Lines about what ends within days, the nearest first."""
        found: list[tuple[date, str]] = []
        until = self._status.training.first_purchase_until
        if until and (until - self._today).days <= NEAR_DAYS:
            found += [(until, line) for line in self._first_purchase()]
        for survey in self._status.surveys:
            if survey.state == "open" and survey.until and 0 <= (survey.until - self._today).days <= NEAR_DAYS:
                found.append((survey.until, self._survey(survey)))
        return [line for _, line in sorted(found)]

    def _step(self, step: Step) -> str:
        destination = self._status.destination
        until = self._status.training.first_purchase_until
        surveys = [one.until for one in self._status.surveys if one.state == "open" and one.until]
        dates = {
            "buy_training": _words(until) if until else "",
            "fill_survey": self._date("before", min(surveys) if surveys else None),
            "join_wave": self._date("open_until", _day(step.wave.closes_at) if step.wave else None),
        }
        if step.name == "buy_training" and until and until < self._today:
            return self._say("step.complain")
        return self._state(
            "step",
            step.name,
            date=dates.get(step.name, ""),
            wave=self._wave(step.wave) if step.wave else self._say("some_wave"),
            title=step.course.title if step.course else "",
            platform=step.course.platform if step.course else "",
            provider=destination.provider if destination else self._say("some_provider"),
        )

    def _because(self, group: str, part: object) -> str:
        """ ", karena ..." when there is a reason that we have words for."""
        reason = self._texts.get(f"{group}_reason.{getattr(part, 'reason', '')}", "")
        return self._say("because", reason=reason) if reason else ""

    def _wave(self, wave: Wave) -> str:
        return self._say("wave", number=wave.number)

    def _left(self, day: date) -> str:
        days = (day - self._today).days
        return self._say({0: "today", 1: "tomorrow"}.get(days, "in_days"), days=days)

    def _date(self, name: str, day: date | None) -> str:
        return self._say(name, date=_words(day)) if day else ""

    def _as_of(self) -> str:
        return self._say("as_of", when=when(self._status.as_of))

    def _state(self, group: str, state: str, /, **gaps: object) -> str:
        text = f"{group}.{state}" if f"{group}.{state}" in self._texts else f"{group}.{UNKNOWN}"
        return self._say(text, **gaps)

    def _say(self, text: str, /, **gaps: object) -> str:
        return self._texts[text].format(**gaps)


def _listed(lines: Sequence[str]) -> str:
    return "".join(lines) if len(lines) < 2 else "\n".join(f"- {line}" for line in lines)


def rupiah(amount: int) -> str:
    """3500000 -> Rp3.500.000."""
    return f"Rp{amount:,}".replace(",", ".")


def when(moment: datetime) -> str:
    """A moment as people in Jakarta read it: 25 November 2026 pukul 15.20 WIB."""
    local = _in_jakarta(moment)
    return f"{_words(local.date())} pukul {local:%H.%M} WIB"


def _words(day: date) -> str:
    return in_words(day.isoformat())


def _day(moment: datetime | None) -> date | None:
    return _in_jakarta(moment).date() if moment else None


def _in_jakarta(moment: datetime) -> datetime:
    try:
        return moment.astimezone(JAKARTA)
    except OverflowError:  # at the very ends of the calendar, where nobody lives
        return moment


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
