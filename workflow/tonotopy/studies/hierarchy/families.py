"""Which of the thesis's networks a network is; light enough to be read while planning."""

FAMILIES = {"cnn14": "clap", "ast_audioset": "ast"}  # what else is called as the study calls it
THESIS_FAMILIES = ("vggish", "clap", "mobilenet", "ast")


def family(entry: dict) -> str:
    """Return which of the thesis's networks an entry below ``networks`` is; "other" if none."""
    kind = entry.get("published") or entry.get("architecture", "other")
    kind = FAMILIES.get(kind, kind)
    return kind if kind in THESIS_FAMILIES else "other"


def families(entry: dict, config: dict) -> dict[str, str]:
    """Return the family of each network of an entry below ``hierarchy``."""
    return {name: family(config["networks"][name]) for name in entry["networks"]}
