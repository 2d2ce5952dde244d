"""Calibration figures on cases small enough to count by hand, and their picture."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer

from nlu.components.linear import LinearModel
from nlu.evaluation.calibration import BINS, Bin, expected_error, reliability, reliability_table
from nlu.evaluation.figures import Case, Verdict, bins_of, measure, to_verdict
from nlu.evaluation.picture import reliability_diagram

SVG = "{http://www.w3.org/2000/svg}"
# Four guesses given 90 %, of which three are right; two given 30 %, of which one is.
GUESSES = [(0.9, True)] * 3 + [(0.9, False), (0.3, True), (0.3, False)]
EVERYWHERE = [((index + 0.5) / BINS, index > 4) for index in range(BINS)]


def test_bins_hold_count_mean_and_share_that_is_right() -> None:
    bins = reliability(GUESSES)
    assert len(bins) == BINS
    assert [one.count for one in bins] == [0, 0, 0, 2, 0, 0, 0, 0, 0, 4]
    assert bins[9].said == pytest.approx(0.9)
    assert bins[9].right == pytest.approx(3 / 4)
    assert bins[3].right == pytest.approx(1 / 2)


def test_expected_error_weighs_bins_by_their_guesses() -> None:
    # 4 of 6 guesses lie 0.15 apart, 2 of 6 lie 0.2 apart.
    assert expected_error(reliability(GUESSES)) == pytest.approx(4 / 6 * 0.15 + 2 / 6 * 0.2)


def test_probabilities_that_mean_what_they_say_have_no_error() -> None:
    assert expected_error(reliability([(0.75, True)] * 3 + [(0.75, False)])) == pytest.approx(0.0)


def test_nothing_guessed_is_no_error() -> None:
    assert expected_error(reliability([])) == 0.0


def test_certainty_and_impossibility_fall_into_the_outer_bins() -> None:
    bins = reliability([(1.0, True), (0.0, False)])
    assert (bins[0].count, bins[-1].count) == (1, 1)
    assert expected_error(bins) == 0.0


def test_probability_of_the_best_guess_counts_whether_it_is_an_entry_or_small_talk() -> None:
    entry = {"intent_response_key": "faq/a", "confidence": 0.6}
    parse = {
        "intent": {"name": "faq"},
        "intent_ranking": [{"name": "faq", "confidence": 0.6}, {"name": "greet", "confidence": 0.2}],
        "response_selector": {"faq": {"ranking": [entry]}},
    }
    verdict = to_verdict(parse)
    assert verdict == Verdict(("faq/a", "greet"), "faq/a", 0.6)
    pairs = [(Case("akun", "lupa sandi", "faq/a"), verdict)]
    assert [one.count for one in bins_of(pairs)].index(1) == 6
    assert measure(pairs)["calibration_error"] == pytest.approx(0.4)


def test_table_has_a_line_for_each_bin_and_says_what_is_empty() -> None:
    lines = reliability_table(reliability(GUESSES))
    assert len(lines) == BINS
    assert lines[9].split() == ["90%", "to", "100%", "90.0%", "75.0%", "of", "4"]
    assert lines[0].split() == ["0%", "to", "10%", "-", "-", "of", "0"]


@pytest.mark.parametrize(("guesses", "points"), [(EVERYWHERE, BINS), (GUESSES, 2), ([], 0)])
def test_picture_is_well_formed_with_a_point_for_each_bin_that_holds_a_guess(
    guesses: list[tuple[float, bool]], points: int
) -> None:
    picture = ElementTree.fromstring(reliability_diagram(reliability(guesses)))
    assert picture.tag == f"{SVG}svg"
    assert len(picture.findall(f"{SVG}circle")) == points
    assert len(picture.find(f"{SVG}polyline").get("points", "").split()) == points  # type: ignore[union-attr]


def test_point_lies_where_its_figures_are() -> None:
    bins = [Bin(0.0, 1.0, 7, 0.5, 1.0)]
    point = ElementTree.fromstring(reliability_diagram(bins)).find(f"{SVG}circle")
    assert point is not None
    assert (point.get("cx"), point.get("cy")) == ("220.0", "40.0")  # the middle of the square's upper edge
    assert point.findtext(f"{SVG}title") == "said 50.0%, right 100.0%, 7 guesses"


def test_docs_show_a_committed_picture_that_is_whole(project: Path) -> None:
    picture = ElementTree.fromstring((project / "docs" / "img" / "calibration.svg").read_text(encoding="utf-8"))
    points, bars = picture.findall(f"{SVG}circle"), picture.findall(f"{SVG}rect[@class='count']")
    assert 5 < len(points) == len(bars) <= BINS
    assert "(img/calibration.svg)" in (project / "docs" / "understanding.md").read_text(encoding="utf-8")


def test_sharper_probabilities_keep_their_order_and_their_sum() -> None:
    words = TfidfVectorizer().fit(["kapan dibuka", "syaratnya apa"])
    weights = np.arange(12, dtype=np.float32).reshape(4, 3) / 10
    model = LinearModel(["faq/buka", "faq/syarat", "greet"], [words], weights, np.zeros(3, dtype=np.float32))
    (plain,) = model.probabilities(["kapan syaratnya"])
    (sharp,) = model.probabilities(["kapan syaratnya"], sharpness=1.8)
    assert list(sharp.argsort()) == list(plain.argsort())
    assert sharp.max() > plain.max()
    assert sharp.sum() == pytest.approx(1.0)
    assert sharp == pytest.approx(plain**1.8 / (plain**1.8).sum())
