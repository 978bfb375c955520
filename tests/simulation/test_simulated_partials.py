"""Statistics of study 6 on simulated runs: under their nulls, and around planted values."""

import pytest
from simulated_partials import BANK, NETWORK, Answers, Codes, Directions, Filters
from simulations import Simulated, criterion, simulated_tests

from tonotopy.studies.partials.statistics import STATISTICS

pytestmark = pytest.mark.simulation

EXACT = {
    "over_limit": "an identity: no filter exceeds what its length allows",
    "limit_at": "a limit by theory, of no data",
    "centre_error": "a largest distance of filters whose centres are known",
    "used_codes": "a count of codes that occur",
}
UNIT = {"network": NETWORK, "kind": "unit"}
FILTERS = {"network": BANK, "kind": "unit"}


def case(name, arguments, row, world, truth=None, end=""):
    """Return a case that is judged as a row of the claims is."""
    judged = criterion(f"partials.{row}")
    called = f"{name} {end}".strip()
    return Simulated(called, STATISTICS[name], arguments, judged, world.draw, truth)


def share(row, step, world, arguments=UNIT, **more):
    """Return a case of `share_after` named by its claim."""
    return case("share_after", {**arguments, "step": step}, row, world, end=row, **more)


NULLS = [
    share("isolate", "stable", Directions(bank=(0.8, 0.8, 0.8)), FILTERS),
    share("noise_tones", "narrow", Directions(own=(0.3, 0.0, 0.0))),
    share("noise", "kept", Directions(own=(0.3, 0.15, 0.0))),
    share("contexts", "kept", Directions(own=(0.3, 0.25, 0.0), number=16)),
    share("stable", "stable", Directions(own=(0.3, 0.25, 0.25))),
    share("not_narrow", "narrow", Directions(own=(0.5, 0.0, 0.0))),
    case("share_lost", UNIT, "coincidental", Directions(own=(0.01, 0.0, 0.0))),
    case(
        "share_lost",
        {**UNIT, "of": "narrow"},
        "coincidental_most",
        Directions(own=(0.5, 0.25, 0.0)),
        end="of narrow",
    ),
    case(
        "share_difference",
        {**UNIT, "step": "narrow", "than_kind": "random"},
        "coincidental_random",
        Directions(own=(0.3, 0.0, 0.0), random=(0.1, 0.0, 0.0)),
        end="narrow",
    ),
    case(
        "share_difference",
        {**UNIT, "step": "stable", "than_kind": "random"},
        "stable_random",
        Directions(own=(0.3, 0.25, 0.25)),
        end="stable",
    ),
    case(
        "share_difference",
        {**UNIT, "step": "stable", "than": BANK, "than_kind": "unit"},
        "stable_ear",
        Directions(bank=(0.6, 0.55, 0.5)),
        end="ear",
    ),
    case("follows_share", {**FILTERS, "follows": "pitch"}, "bank_pitch", Directions(pitch=0.1)),
    case("limit_ratio", {"network": NETWORK}, "bank_filters", Filters(own=0.8)),
    case(
        "limit_ratio",
        {"network": NETWORK},
        "first_filters_random",
        Filters(own=0.7),
        end="bound",
    ),
    case("isolating_filters", {"network": NETWORK}, "first_filters", Filters(isolating=0.25)),
    case("information", {"network": NETWORK, "book": 1}, "codes_fall", Codes()),
    case("information_fall", {"network": NETWORK}, "codes_fall", Codes()),
    case("information_difference", {"network": NETWORK, "book": 1}, "codes_next", Codes()),
    case("snr", {"network": NETWORK}, "codec_snr", Answers()),
    case("accuracy_over_chance", {"network": "tagger"}, "tagger", Answers()),
]
PLANTED = [
    share("not_narrow", "narrow", Directions(own=(0.2, 0.0, 0.0)), truth=0.2),
    case("share_lost", UNIT, "coincidental", Directions(own=(0.15, 0.05, 0.0)), 0.1),
    case(
        "share_difference",
        {**UNIT, "step": "stable", "than": BANK, "than_kind": "unit"},
        "stable_ear",
        Directions(own=(0.2, 0.1, 0.05), bank=(1.0, 1.0, 0.9)),
        -0.85,
    ),
    case("follows_share", {**UNIT, "follows": "pitch"}, "pitch", Directions(pitch=0.3), 0.3),
    case("limit_ratio", {"network": NETWORK}, "bank_filters", Filters(own=0.95), 0.45),
    case("snr", {"network": NETWORK}, "codec_snr", Answers(7.0), 7.0),
    case("accuracy_over_chance", {"network": "tagger"}, "tagger", Answers(right=0.7), 0.5),
]

test_nulls, test_planted_values, test_every_statistic = simulated_tests(
    STATISTICS, NULLS, PLANTED, EXACT
)
