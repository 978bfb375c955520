"""Statistics of study 5 (similarity): from an instance's tables to estimates with intervals."""

from tonotopy.studies.similarity.statistics import known, maps, probes
from tonotopy.studies.similarity.statistics.tables import SimilarityTables

Tables = SimilarityTables
STATISTICS = {
    "known_similarity": known.known_similarity,
    "known_contrast": known.known_contrast,
    "known_over_phase": known.known_over_phase,
    "best_raw": maps.best_raw,
    "best_raw_difference": maps.best_raw_difference,
    "share_above_random": maps.share_above_random,
    "share_beyond_clips": maps.share_beyond_clips,
    "share_beating": maps.share_beating,
    "share_beating_all": maps.share_beating_all,
    "probe_score": probes.probe_score,
    "probe_difference": probes.probe_difference,
    "probe_deepening": probes.probe_deepening,
    "accuracy": probes.accuracy,
}
