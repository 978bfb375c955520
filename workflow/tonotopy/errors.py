"""What goes wrong through input rather than through us: told in one clear message."""

import difflib


class InputError(Exception):
    """Bad configuration, file, folder or clip. The message says which, what was expected, and
    what to do; scripts print it without a traceback."""


def nearest(name: str, names) -> str:
    """Return a hint such as `` (did you mean 'seed'?)``, or the known names where none is near."""
    names = [str(k) for k in names]
    matches = difflib.get_close_matches(str(name), names, n=3, cutoff=0.6)
    if matches:
        return f" (did you mean {' or '.join(repr(m) for m in matches)}?)"
    return f" (known: {', '.join(names)})" if names else ""
