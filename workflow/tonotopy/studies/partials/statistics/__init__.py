"""Statistics of study 6 (partials): from an instance's tables to estimates with intervals."""

from tonotopy.studies.partials.statistics import answers, codes, filters, shares
from tonotopy.studies.partials.statistics.tables import PartialsTables

Tables = PartialsTables
STATISTICS = {
    "over_limit": filters.over_limit,
    "limit_at": filters.limit_at,
    "limit_ratio": filters.limit_ratio,
    "isolating_filters": filters.isolating_filters,
    "centre_error": shares.centre_error,
    "share_after": shares.share_after,
    "share_lost": shares.share_lost,
    "share_difference": shares.share_difference,
    "follows_share": shares.follows_share,
    "information": codes.information,
    "information_difference": codes.information_difference,
    "information_fall": codes.information_fall,
    "used_codes": codes.used_codes,
    "snr": answers.snr,
    "accuracy_over_chance": answers.accuracy_over_chance,
}
