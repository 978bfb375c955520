"""Statistics of study 1 (hierarchy): from an instance's tables to estimates with intervals."""

from tonotopy.studies.hierarchy.statistics import centres, known_answers, peaks, profiles, trends
from tonotopy.studies.hierarchy.statistics.tables import HierarchyTables

Tables = HierarchyTables
STATISTICS = {
    "first_is_best": peaks.first_is_best,
    "last_is_best": peaks.last_is_best,
    "named_peak": peaks.named_peak,
    "later_is_best": peaks.later_is_best,
    "middle_over_ends": peaks.middle_over_ends,
    "middle_below_peak": peaks.middle_below_peak,
    "largest_rise_at": peaks.largest_rise_at,
    "peak_difference": peaks.peak_difference,
    "depth_trend": profiles.depth_trend,
    "rise": profiles.rise,
    "early_above_chance": profiles.early_above_chance,
    "worst_above_chance": profiles.worst_above_chance,
    "flatter_than_cnns": profiles.flatter_than_cnns,
    "dip": profiles.dip,
    "recovery": profiles.recovery,
    "dip_on_most": profiles.dip_on_most,
    "share_lost": profiles.share_lost,
    "truncation_saturation": profiles.truncation_saturation,
    "k_agreement": trends.k_agreement,
    "profile_agreement": trends.profile_agreement,
    "tasks_agreement": trends.tasks_agreement,
    "vggish_exception": trends.vggish_exception,
    "centre_low_minus_high": centres.centre_low_minus_high,
    "centre_by_training": centres.centre_by_training,
    "centre_without_training": centres.centre_without_training,
    "centre_gap_over_cnns": centres.centre_gap_over_cnns,
    "shuffled_over_chance": known_answers.shuffled_over_chance,
    "constant_off_chance": known_answers.constant_off_chance,
    "identity_equals_reference": known_answers.identity_equals_reference,
    "groups_disjoint": known_answers.groups_disjoint,
    "clips_over_thesis": known_answers.clips_over_thesis,
    "leak": known_answers.leak,
    "tagging_gain": known_answers.tagging_gain,
    "recognised": known_answers.recognised,
}
