"""Statistics of study 6 against their definitions, written out in loops."""

from collections import Counter
from itertools import pairwise
from math import log, log2, log10

import numpy as np
import pandas as pd
import pytest
from scipy.stats import beta, binomtest, norm
from scipy.stats import t as student
from study_tables import changed, shuffle_rows, table_paths
from tables_of_partials import SETTINGS, write_tables

from tonotopy.evidence.resampling import Bootstrap
from tonotopy.evidence.trainings import training_shares
from tonotopy.seeding import generator
from tonotopy.studies.partials.statistics import STATISTICS, Tables
from tonotopy.studies.partials.statistics.information import (
    exchanges,
    frames_of,
    information_share,
)
from tonotopy.studies.partials.statistics.proportions import proportion_draws, share_draws

BOOTSTRAP = Bootstrap(100, 0.9, 5)
RUNS = {"tagger": 3, "codec": 2}


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    folder = shuffle_rows(write_tables(tmp_path_factory.mktemp("study"), seed=2, runs=RUNS))
    return Tables(table_paths(folder), SETTINGS, BOOTSTRAP)


def rows_of(tables, name, **keys):
    rows = pd.read_parquet(tables.paths[name]).to_dict("records")
    return [row for row in rows if all(row[key] == value for key, value in keys.items())]


def value(tables, statistic, *arguments, **keys):
    return STATISTICS[statistic](tables, *arguments, **keys).value


# ---- shares --------------------------------------------------------------------------------------


SEEN = [(0, 16), (1, 24), (7, 16), (23, 24), (32, 32), (2.5, 40)]


@pytest.mark.parametrize(("k", "n"), SEEN)
def test_draws_of_a_share_are_lower_limits_below_the_middle_and_upper_ones_above(k, n):
    draws = np.sort(proportion_draws(k / n, n, 40001, generator(0, "draws")))
    for place in (0.01, 0.025, 0.2, 0.49, 0.51, 0.9, 0.975, 0.99):
        lower = beta.ppf(place, k, n - k + 1) if k else 0.0
        upper = beta.ppf(place, k + 1, n - k) if k < n else 1.0
        found = np.quantile(draws, place)
        assert found == pytest.approx(lower if place < 0.5 else upper, abs=1e-4)


def test_the_interval_of_a_share_is_that_of_a_binomial_test():
    for k in range(17):
        draws = proportion_draws(k / 16, 16, 40000, generator(0, "s", k))
        exact = binomtest(k, 16).proportion_ci(0.95, "exact")
        assert np.quantile(draws, [0.025, 0.975]) == pytest.approx(list(exact), abs=1e-4)
        for bound in (0.25, 0.5):
            for side, beyond in (("less", draws >= bound), ("greater", draws <= bound)):
                exact = binomtest(k, 16, bound, side).pvalue
                if exact < 0.5:
                    assert beyond.mean() == pytest.approx(exact, abs=1e-4)


def test_draws_of_a_share_stand_in_no_order():
    draws = proportion_draws(0.0, 10, 1000, generator(0, "x"))
    assert (draws > 0).sum() == 500 and 200 < (draws[::2] > 0).sum() < 300


def test_runs_weigh_the_same_and_deviate_as_they_are_drawn():
    inside = np.array([1, 1, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0], dtype=bool)
    runs = np.array([0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 2])
    weights = training_shares(np.arange(3), Bootstrap(50, 0.9, 0), "t")
    found = share_draws(inside, runs, weights, generator(3, "s"))
    of_runs = [2 / 3, 1 / 4, 1 / 5]
    mean, effective = sum(of_runs) / 3, 9 / (1 / 3 + 1 / 4 + 1 / 5)
    assert found[0] == pytest.approx(mean)
    drawn = proportion_draws(mean, effective, 50, generator(3, "s"))
    for row in range(50):
        moved = drawn[row] + sum(
            weights[row + 1][r] * of_runs[r] - of_runs[r] / 3 for r in range(3)
        )
        assert found[row + 1] == pytest.approx(min(max(moved, 0), 1))


def test_shares_of_directions(tables):
    for network, kind, runs in (("tagger", "pca", 3), ("codec", None, 2), ("noise", "unit", 1)):
        rows = rows_of(tables, "directions", network=network)
        rows = [r for r in rows if (r["kind"] == kind if kind else r["kind"] != "random")]

        def mean(wins, rows=rows, runs=runs):
            own = [[wins(r) for r in rows if r["run"] == run] for run in range(runs)]
            return sum(sum(o) / len(o) for o in own) / runs

        for step in ("narrow", "kept", "stable"):
            found = value(tables, "share_after", network, step, kind)
            assert found == pytest.approx(mean(lambda r, step=step: r[step]))
        lost = mean(lambda r: r["narrow"] and not r["kept"])
        assert value(tables, "share_lost", network, kind) == pytest.approx(lost)
        for what in ("pitch", "partial"):
            found = value(tables, "follows_share", network, what, kind)
            tested = [[r for r in rows if r["run"] == run] for run in range(runs)]
            tested = [[r["follows"] for r in own if r["follows"] != "none"] for own in tested]
            shares = [own.count(what) / len(own) for own in tested]
            assert found == pytest.approx(sum(shares) / runs)


def test_share_lost_of_narrow_directions(tables):
    rows = [r for r in rows_of(tables, "directions", network="tagger") if r["kind"] != "random"]
    of_runs = []
    for run in range(3):
        narrow = [r for r in rows if r["run"] == run and r["narrow"]]
        of_runs.append(sum(not r["kept"] for r in narrow) / len(narrow))
    assert value(tables, "share_lost", "tagger", of="narrow") == pytest.approx(sum(of_runs) / 3)
    assert min(of_runs) < 1


def test_differences_of_shares(tables):
    def after(network, kind):
        return STATISTICS["share_after"](tables, network, "narrow", kind)

    def against(*names, **keys):
        return STATISTICS["share_difference"](tables, *names, **keys)

    unit, random, noise = after("codec", "unit"), after("codec", "random"), after("noise", "unit")
    found = against("codec", "narrow", "unit", than_kind="random")
    assert found.value == pytest.approx(unit.value - random.value)
    np.testing.assert_allclose(found.draws, unit.draws - random.draws)
    found = against("codec", "narrow", "unit", than="noise", than_kind="unit")
    assert found.value == pytest.approx(unit.value - noise.value) and found.n == 72
    learned = against("codec", "narrow", than_kind="random")
    assert learned.value == pytest.approx(after("codec", None).value - random.value)


def test_two_shares_are_drawn_independently(tables):
    steps = (("cqt", "narrow", "unit"), ("cqt", "kept", "unit"), ("codec", "kept", "ica"))
    draws = [STATISTICS["share_after"](tables, *step).draws for step in steps]
    for first, second in pairwise(draws):
        assert abs(np.corrcoef(first, second)[0, 1]) < 0.3


# ---- filters -------------------------------------------------------------------------------------


def test_filters_and_limits(tables):
    for network in ("tagger", "gammatone", "codec", "noise"):
        rows = rows_of(tables, "filters", network=network)
        excess = max(r["concentration"] - r["limit"] for r in rows)
        assert value(tables, "over_limit", network) == pytest.approx(excess)
        means = {}
        for copy in ("own", "random"):
            used = [r["concentration"] / r["limit"] for r in rows if r["copy"] == copy]
            means[copy] = sum(used) / len(used)
        found = value(tables, "limit_ratio", network)
        assert found == pytest.approx(means["own"] - means["random"])
        own = [r for r in rows if r["copy"] == "own"]
        inside = [r["concentration"] > 0.5 and r["centre_hz"] <= 4186 for r in own]
        if network == "tagger":
            continue  # of 3 taps, which isolate nothing
        found = value(tables, "isolating_filters", network)
        assert found == pytest.approx(sum(inside) / len(own))
        fewer = [r["concentration"] > 0.3 and r["centre_hz"] <= 4186 for r in own]
        found = value(tables, "isolating_filters", network, share=0.3)
        assert found == pytest.approx(sum(fewer) / len(own))


@pytest.mark.parametrize(("hz", "steps"), [(440, -4), (446, -3), (1000, 0), (3500, 5), (3600, 6)])
def test_the_limit_of_the_band_that_holds_a_frequency(tables, hz, steps):
    centre = 1000 * 2 ** (steps / 3)
    rows = rows_of(tables, "limits", taps=7)
    of_rate = {r["rate"]: r["limit"] for r in rows if abs(r["centre_hz"] / centre - 1) < 1e-9}
    for rate, limit in of_rate.items():
        assert value(tables, "limit_at", 7, hz, rate=rate) == limit
    assert value(tables, "limit_at", 7, hz) == max(of_rate.values())


# ---- codes ---------------------------------------------------------------------------------------


def entropy(values):
    counts = Counter(values)
    total = sum(counts.values())
    return -sum(n / total * log2(n / total) for n in counts.values())


def mutual(pairs):
    first, second = [a for a, _ in pairs], [b for _, b in pairs]
    return entropy(first) + entropy(second) - entropy(pairs)


def literal_share(clips, counts, partners):
    """Clips: (group, semitones, codes) each; counts: how often each group is there."""
    repeats = [counts[group] for group, *_ in clips]
    heard = [s for n, (_, semis, _) in zip(repeats, clips, strict=True) for s in [*semis] * n]
    told = []
    for partner in partners:
        own, other = [], []
        for clip, (_, semitones, codes) in enumerate(clips):
            theirs = clips[partner[clip]][2]
            for frame in range(min(len(codes), len(theirs))):
                own += [(semitones[frame], codes[frame])] * repeats[clip]
                other += [(semitones[frame], theirs[frame])] * repeats[clip]
        told.append(mutual(own) - mutual(other))
    return sum(told) / len(told) / entropy(heard)


def small_codes(equal: bool, seed: int = 1) -> pd.DataFrame:
    """Seven clips of four groups, some frames without a semitone."""
    rng, parts = np.random.default_rng(seed), []
    for clip, group in enumerate("badbbca"):
        length = 9 if equal else int(rng.integers(5, 13))
        semitone = rng.integers(50, 55, length).astype(float)
        code = np.where(rng.uniform(size=length) < 0.5, semitone * 3, rng.integers(0, 6, length))
        if not equal:
            semitone[rng.uniform(size=length) < 0.15] = np.nan
        about = {"clip": f"c{(clip * 3) % 7}", "group": group, "frame": np.arange(length)}
        parts.append(pd.DataFrame({**about, "code": code.astype(int), "semitone": semitone}))
    return pd.concat(parts).sample(frac=1, random_state=3)


@pytest.mark.parametrize("equal", [True, False])
def test_information_is_that_of_a_literal_loop(equal):
    rows, groups = small_codes(equal), np.array(list("abcd"))
    counts = np.array([[1, 1, 1, 1], [2, 0, 1, 1], [0, 3, 0, 1], [1, 1, 2, 0]])
    found = information_share(frames_of(rows, groups), counts, generator(4, "e"))
    clips = []
    for _, own in sorted(rows.dropna().groupby("clip")):
        own = own.sort_values("frame")
        group = list("abcd").index(own["group"].iloc[0])
        clips.append((group, own["semitone"].tolist(), own["code"].tolist()))
    partners = exchanges(7, generator(4, "e"))
    slow = np.array([literal_share(clips, row, partners) for row in counts])
    slow[1:] += slow[0] - slow[1:].mean()
    np.testing.assert_allclose(found, slow, rtol=1e-10)


def test_exchanges_give_every_clip_the_codes_of_another_one():
    partners = exchanges(9, generator(0, "x"))
    assert partners.shape == (20, 9) and len({tuple(p) for p in partners}) == 20
    for partner in partners:
        assert sorted(partner) == list(range(9)) and not (partner == np.arange(9)).any()


def test_information_of_more_resamples_than_fit_at_once():
    frames = frames_of(small_codes(False), np.array(list("abcd")))
    counts = np.random.default_rng(0).multinomial(4, [0.25] * 4, 1400)
    counts = np.concatenate([np.ones((1, 4), int), counts])
    whole = information_share(frames, counts, generator(2, "e"))
    for start in (1, 600, 1390):
        some = information_share(frames, counts[[0, *range(start, start + 9)]], generator(2, "e"))
        shift = whole[start : start + 9] - some[1:]
        assert whole.shape == (1401,)
        np.testing.assert_allclose(shift[np.isfinite(shift)], np.nanmean(shift), atol=1e-9)


def test_a_code_that_is_the_semitone_tells_nearly_all_and_a_constant_one_nothing():
    rng = np.random.default_rng(0)
    rows = pd.DataFrame(
        {"clip": np.repeat(np.arange(200), 30), "frame": np.tile(np.arange(30), 200)}
    )
    rows = rows.assign(group=rows["clip"], semitone=rng.integers(50, 56, 6000))
    counts = np.ones((2, 200))
    for code, told in ((rows["semitone"] - 50, 1.0), (rows["semitone"] * 0, 0.0)):
        frames = frames_of(rows.assign(code=code), np.arange(200))
        share = information_share(frames, counts, generator(0, "e"))[0]
        assert share == pytest.approx(told, abs=0.01)


def test_comparisons_of_books_are_of_the_same_resamples(tables):
    told = {
        key: STATISTICS["information"](tables, *key)
        for key in (("codec", 0), ("codec", 1), ("codec", 3))
    }

    def check(statistic, arguments, expected):
        found = STATISTICS[statistic](tables, *arguments)
        first, second = (told[key] for key in expected)
        assert found.value == pytest.approx(first.value - second.value)
        np.testing.assert_allclose(found.draws, first.draws - second.draws, atol=1e-12)

    check("information_difference", ("codec", 1), (("codec", 1), ("codec", 0)))
    check("information_fall", ("codec",), (("codec", 0), ("codec", 3)))


def test_information_of_runs_is_averaged_with_their_weights(tables, tmp_path):
    rows = pd.read_parquet(tables.paths["codes"])
    own = rows["network"] == "tagger"
    alone = []
    for run in range(3):
        one = changed(tables, tmp_path, codes=rows[~own | (rows["run"] == run)])
        alone.append(STATISTICS["information"](one, "tagger"))
    found = STATISTICS["information"](tables, "tagger")
    assert found.value == pytest.approx(np.mean([a.value for a in alone]))
    weights = training_shares(np.arange(3), BOOTSTRAP, "partials", "runs", "tagger")[1:]
    expected = sum(w * a.draws for w, a in zip(weights.T, alone, strict=True))
    np.testing.assert_allclose(found.draws, expected)


def test_used_codes_are_those_of_the_run_with_the_fewest(tables):
    for network, book, runs in (("codec", 1, 2), ("tagger", 0, 3)):
        rows = rows_of(tables, "codes", network=network, book=book)
        used = [len({r["code"] for r in rows if r["run"] == run}) for run in range(runs)]
        assert value(tables, "used_codes", network, book) == min(used)


# ---- what networks have learned ------------------------------------------------------------------


def test_quality_of_reconstructions(tables):
    of_runs = []
    for run in range(2):
        rows = rows_of(tables, "reconstructions", network="codec", run=run)
        of_runs.append(10 * log10(sum(r["signal"] for r in rows) / sum(r["error"] for r in rows)))
    found = STATISTICS["snr"](tables, "codec")
    assert found.value == pytest.approx(sum(of_runs) / 2) and found.n == 15
    groups = sorted({r["group"] for r in rows})
    counts = BOOTSTRAP.draw(len(groups), "partials", "group", len(groups)).counts
    runs = [rows_of(tables, "reconstructions", network="codec", run=run) for run in range(2)]
    own, error = studentised(runs, groups, [1] * 15)
    assert own == pytest.approx(found.value)
    wider = (15 / 14) ** 0.5 * student.ppf(0.95, 14) / norm.ppf(0.95)
    for row in (0, 1, 57):
        drawn, its_error = studentised(runs, groups, counts[row])
        assert found.draws[row] == pytest.approx(own - wider * error * (drawn - own) / its_error)


def studentised(runs, groups, counts):
    """The mean of runs in dB, and its standard error by what each group adds to it."""
    value, added = 0.0, dict.fromkeys(groups, 0.0)
    for rows in runs:
        times = [counts[groups.index(r["group"])] for r in rows]
        signal = sum(n * r["signal"] for n, r in zip(times, rows, strict=True))
        error = sum(n * r["error"] for n, r in zip(times, rows, strict=True))
        value += 10 * log10(signal / error) / len(runs)
        for r in rows:
            slope = r["signal"] / signal - r["error"] / error
            added[r["group"]] += 10 / log(10) * slope / len(runs)
    squares = [n * added[group] ** 2 for n, group in zip(counts, groups, strict=True)]
    return value, sum(squares) ** 0.5


def test_quality_deviates_as_three_runs_do(tables, tmp_path):
    rows = pd.read_parquet(tables.paths["reconstructions"])
    louder = [rows.assign(run=2, signal=2 * rows["signal"]) for rows in [rows[rows["run"] == 1]]]
    rows = pd.concat([rows, *louder])
    found = STATISTICS["snr"](changed(tables, tmp_path, reconstructions=rows), "codec")
    groups, of_runs = sorted(set(rows["group"])), []
    runs = [rows[rows["run"] == run].to_dict("records") for run in range(3)]
    of_runs = [studentised([own], groups, [1] * 15)[0] for own in runs]
    assert found.value == pytest.approx(sum(of_runs) / 3)
    own, error = studentised(runs, groups, [1] * 15)
    counts = BOOTSTRAP.draw(15, "partials", "group", 15).counts
    weights = training_shares(np.arange(3), BOOTSTRAP, "partials", "runs", "codec")
    wider = (15 / 14) ** 0.5 * student.ppf(0.95, 14) / norm.ppf(0.95)
    for row in (3, 40):
        drawn, its_error = studentised(runs, groups, counts[row])
        moved = sum(weights[row + 1][r] * of_runs[r] - of_runs[r] / 3 for r in range(3))
        expected = own - wider * error * (drawn - own) / its_error + moved
        assert found.draws[row] == pytest.approx(expected)


def test_quality_that_never_varies_is_known(tables, tmp_path):
    rows = pd.read_parquet(tables.paths["reconstructions"])
    same = rows.assign(signal=10.0, error=1.0)
    found = STATISTICS["snr"](changed(tables, tmp_path, reconstructions=same), "codec")
    assert (found.value, found.low, found.high) == pytest.approx((10, 10, 10))


def test_accuracy_over_that_of_one_answer(tables, tmp_path):
    rows = rows_of(tables, "answers", network="tagger")
    of_runs = [
        sum(r["label"] == r["predicted"] for r in rows if r["run"] == run) / 60 for run in range(3)
    ]
    found = STATISTICS["accuracy_over_chance"](tables, "tagger")
    assert found.value == pytest.approx(sum(of_runs) / 3 - 12 / 60) and found.n == 20
    table = pd.read_parquet(tables.paths["answers"])
    uneven = table[(table["label"] != "bell") | (table["clip"] < "heard20")]
    found = STATISTICS["accuracy_over_chance"](changed(tables, tmp_path, answers=uneven), "tagger")
    right = (uneven["label"] == uneven["predicted"]).mean()
    assert found.value == pytest.approx(right - 12 / (len(uneven) / 3))
