"""From the study's table to an estimate."""

from dataclasses import dataclass

from scipy.stats import spearmanr

from tonotopy.evidence.claims import Estimate
from tonotopy.evidence.tables import StudyTables


@dataclass(frozen=True)
class Tables(StudyTables):
    """The table of levels."""

    def combinations(self, row: dict) -> list[tuple[str, dict]]:
        """Return the study as a whole."""
        return [("", {})]


def level_correlation(tables: Tables) -> Estimate:
    """Rank correlation of level and answer over clips."""
    rows = tables.read("levels")
    draws = [
        spearmanr(*(rows[name].repeat(counts) for name in ("level", "answer"))).statistic
        for counts in tables.bootstrap.draw(len(rows), "levels").counts
    ]
    value = spearmanr(rows["level"], rows["answer"]).statistic
    return tables.estimate(value, draws, len(rows), unit="clip")


STATISTICS = {"level_correlation": level_correlation}
