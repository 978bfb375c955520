"""Sentences of the front page say what the verdicts say, and no more."""

from pathlib import Path

import pytest
import yaml

from tonotopy.pages.answers import answer
from tonotopy.studies import STUDIES

CLAIMS = Path(__file__).parents[3] / "workflow/claims"
SENTENCES = {
    "claim": "whales.deep",
    "supported": "They dive.",
    "contradicted": "They fly.",
    "inconclusive": "Who knows.",
}


def row(verdict, low=0.1, estimate=0.2, high=0.3, name="whales.deep", instance="north"):
    judged = verdict != "not run"
    values = {"low": low, "estimate": estimate, "high": high}
    return {
        "row": name,
        "instance": instance,
        "claim": "Whales dive deep.",
        "criterion": {"above": 0},
        "verdict": verdict,
        "reason": "" if judged else "no sea",
        **(values if judged else dict.fromkeys(values)),
    }


def said(*rows):
    return answer(rows, SENTENCES, "north")


@pytest.mark.parametrize("verdict", ["supported", "contradicted", "inconclusive"])
def test_one_verdict_is_said_in_its_sentence_with_the_interval(verdict):
    assert said(row(verdict)) == {
        "claim": "whales.deep",
        "outcome": verdict,
        "sentence": SENTENCES[verdict],
        "numbers": "0.2, interval 0.1 to 0.3; asked: above 0",
    }


def test_an_interval_without_width_is_told_in_words():
    numbers = said(row("supported", 0.2, 0.2, 0.2))["numbers"]
    assert numbers == "0.2, the same in all resamples; asked: above 0"


def test_parts_that_agree_are_said_with_what_their_intervals_span():
    rows = row("supported", 0.1, 0.2, 0.3), row("supported", 0.05, 0.5, 0.9)
    answered = said(*rows)
    assert answered["sentence"] == "They dive."
    assert answered["numbers"] == (
        "2 parts; estimates 0.2 to 0.5, all intervals within 0.05 to 0.9; asked: above 0"
    )


def test_parts_that_differ_are_said_as_differing_whatever_most_of_them_say():
    rows = [row("supported")] * 9 + [row("contradicted"), row("inconclusive")]
    answered = said(*rows)
    assert answered["outcome"] == "mixed"
    assert answered["sentence"] == (
        "No single verdict on “Whales dive deep”: of 11 parts, 9 supported, 1 contradicted, "
        "1 inconclusive."
    )


def test_what_was_not_judged_is_counted_or_said_with_its_reason():
    one = said(row("supported"), row("not run"), row("not run"))
    assert one["sentence"] == "They dive."
    assert one["numbers"].startswith("1 of 3 parts judged; 0.2, interval")
    two = said(row("supported"), row("supported"), row("not run"))
    assert two["numbers"].startswith("2 of 3 parts judged; estimates")
    none = said(row("not run"), row("not run"))
    assert none["outcome"] == "not run" and none["numbers"] == ""
    assert none["sentence"] == "Not run: “Whales dive deep” (no sea)."


def test_other_claims_and_instances_say_nothing():
    others = row("contradicted", name="whales.deeper"), row("contradicted", instance="south")
    assert said(row("supported"), *others)["outcome"] == "supported"
    assert said(*others) is None


@pytest.mark.parametrize("study", STUDIES.values(), ids=list(STUDIES))
def test_every_study_answers_by_claims_and_shows_figures_that_there_are(study):
    rows = yaml.safe_load((CLAIMS / f"{study.name}.yaml").read_text())
    names = [answered.claim for answered in study.answers]
    assert len(names) >= 2 and set(names) <= {row["id"] for row in rows}
    assert len(set(names)) == len(names)
    assert study.headline in study.figures
    assert study.question.endswith("?")
    for answered in study.answers:
        sentences = (answered.supported, answered.contradicted, answered.inconclusive)
        assert len(set(sentences)) == 3 and all(text.endswith(".") for text in sentences)
        assert "cannot tell" in answered.inconclusive
