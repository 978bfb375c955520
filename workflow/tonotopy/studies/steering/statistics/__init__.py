"""Statistics of study 2: functions from a study's tables to an estimate with its interval."""

from tonotopy.studies.steering.statistics import classifying, curves, layers, probing, slopes
from tonotopy.studies.steering.statistics.tables import SteeringTables

Tables = SteeringTables
STATISTICS = {
    "macro_f1": classifying.macro_f1,
    "accuracy": classifying.accuracy,
    "least_recall": classifying.least_recall,
    "weakest_classes": classifying.weakest_classes,
    "near_confusion": classifying.near_confusion,
    "multiclass_middle_peak": probing.multiclass_middle_peak,
    "binary_middle_peak": probing.binary_middle_peak,
    "emergence": probing.emergence,
    "shuffled_probe": probing.shuffled_probe,
    "vector_agreement": probing.vector_agreement,
    "least_agreement": probing.least_agreement,
    "pair_effect": slopes.pair_effect,
    "over_control": slopes.over_control,
    "flat_ratio": slopes.flat_ratio,
    "unseen_gain": slopes.unseen_gain,
    "planted_auroc": slopes.planted_auroc,
    "plus_acts_outside": curves.plus_acts_outside,
    "minus_acts_inside": curves.minus_acts_inside,
    "damage": curves.damage,
    "far_effect": curves.far_effect,
    "fall_at_both_ends": curves.fall_at_both_ends,
    "late_over_early": layers.late_over_early,
    "early_negligible": layers.early_negligible,
    "early_cosine": layers.early_cosine,
    "steering_after_cosine": layers.steering_after_cosine,
    "cosine_where_strong": layers.cosine_where_strong,
}
