"""Statistics of study 4 (sonification): from an instance's tables to estimates with intervals."""

from tonotopy.studies.sonification.statistics import (
    depths,
    exactness,
    maps,
    pairs,
    residuals,
    sounds,
    transfers,
)
from tonotopy.studies.sonification.statistics.tables import SonificationTables

Tables = SonificationTables
STATISTICS = {
    "length_error": exactness.length_error,
    "explicit_error": exactness.explicit_error,
    "shift_error": exactness.shift_error,
    "shift_correlation": exactness.shift_correlation,
    "level": sounds.level,
    "coherence_over_null": sounds.coherence_over_null,
    "network_difference": sounds.network_difference,
    "network_ratio": sounds.network_ratio,
    "layers_difference": sounds.layers_difference,
    "deepening": sounds.deepening,
    "depth_slope": sounds.depth_slope,
    "score": transfers.score,
    "score_difference": transfers.score_difference,
    "answers_score": transfers.answers_score,
    "answers_difference": transfers.answers_difference,
    "depth_correlation": depths.depth_correlation,
    "depth_difference": depths.depth_difference,
    "depth_rise": depths.depth_rise,
    "depth_difference_by_learning": depths.depth_difference_by_learning,
    "layer_difference": depths.layer_difference,
    "whole_over_middle": depths.whole_over_middle,
    "drop": residuals.drop,
    "share_lost": residuals.share_lost,
    "spread_difference": residuals.spread_difference,
    "robustness": residuals.robustness,
    "match_share": pairs.match_share,
    "targeted_share": pairs.targeted_share,
    "selectivity_difference": maps.selectivity_difference,
    "selectivity_ratio": maps.selectivity_ratio,
    "variety": maps.variety,
    "flatness_fall": maps.flatness_fall,
    "dead_flatness": maps.dead_flatness,
    "early_likeness": maps.early_likeness,
}
