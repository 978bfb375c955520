"""Statistics of study 1 (hierarchy): from an instance's tables to estimates with intervals."""

from tonotopy.studies.hierarchy.statistics import known_answers, profiles
from tonotopy.studies.hierarchy.statistics.tables import HierarchyTables

Tables = HierarchyTables
STATISTICS = {
    "first_is_best": profiles.first_is_best,
    "last_is_best": profiles.last_is_best,
    "depth_trend": profiles.depth_trend,
    "peak_depth": profiles.peak_depth,
    "middle_over_ends": profiles.middle_over_ends,
    "middle_below_peak": profiles.middle_below_peak,
    "largest_jump": profiles.largest_jump,
    "jump_depth": profiles.jump_depth,
    "early_above_chance": profiles.early_above_chance,
    "worst_above_chance": profiles.worst_above_chance,
    "flatness": profiles.flatness,
    "dip": profiles.dip,
    "recovery": profiles.recovery,
    "dip_share": profiles.dip_share,
    "k_agreement": profiles.k_agreement,
    "profile_agreement": profiles.profile_agreement,
    "truncation_loss": profiles.truncation_loss,
    "truncation_saturation": profiles.truncation_saturation,
    "peak_difference": profiles.peak_difference,
    "centre_low_minus_high": profiles.centre_low_minus_high,
    "centre_gap_over_cnns": profiles.centre_gap_over_cnns,
    "vggish_exception": profiles.vggish_exception,
    "shuffled_at_chance": known_answers.shuffled_at_chance,
    "constant_at_chance": known_answers.constant_at_chance,
    "identity_equals_reference": known_answers.identity_equals_reference,
    "groups_disjoint": known_answers.groups_disjoint,
    "leak": known_answers.leak,
    "tagging_gain": known_answers.tagging_gain,
}
