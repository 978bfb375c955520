"""Known answers of the method: lengths, the explicit deconvnet, and shifts of the input."""

import numpy as np
import pandas as pd

from tonotopy.evidence import ranges
from tonotopy.evidence.claims import Estimate, NotApplicable, NotRun
from tonotopy.evidence.units import clip_unit
from tonotopy.studies.sonification.statistics.tables import SonificationTables


def length_error(tables: SonificationTables, network: str) -> Estimate:
    """Largest difference in length of a sonification and its input, in samples.

    Args:
        tables: exactness.
        network: name of the network.
    """
    rows = tables.rows("exactness", network=network)
    return _largest(tables, rows, rows["length_error"])


def explicit_error(tables: SonificationTables, network: str) -> Estimate:
    """Largest difference of a sonification by backward product and by explicit deconvolution.

    As a share of its largest value.

    Args:
        tables: exactness.
        network: name of the network.

    Raises:
        NotRun: the network is no plain chain of blocks, so that there is no explicit form.
    """
    rows = tables.rows("exactness", network=network)
    if rows["explicit_error"].isna().all():
        raise NotApplicable(
            f"network '{network}' is no plain chain: it has no explicit deconvolution"
        )
    return _largest(tables, rows, rows["explicit_error"])


def shift_error(tables: SonificationTables, network: str) -> Estimate:
    """Largest difference after a shift by a multiple of the stride, over the largest value.

    Of all clips, layers and such offsets, after shifting back, in the interior.

    Args:
        tables: shifts.
        network: name of the network.

    Raises:
        NotRun: no offset is a multiple of a layer's stride.
    """
    rows = tables.rows("shifts", network=network)
    rows = rows[rows["multiple"].astype(bool)]
    if rows.empty:
        raise NotRun("no offset is a multiple of a layer's stride")
    return _largest(tables, rows, rows["error"])


def _largest(tables: SonificationTables, rows: pd.DataFrame, errors: pd.Series) -> Estimate:
    """Return the largest error; one that is not finite counts as 1."""
    errors = np.abs(errors.to_numpy(dtype=float))
    largest = np.where(np.isfinite(errors), errors, 1.0).max()
    trainings = tables.number_of_trainings(rows)
    return tables.exact(largest, rows["group"].nunique(), clip_unit(rows), trainings)


@ranges.signed_share
def shift_correlation(
    tables: SonificationTables, network: str, offset: int | None = None, layer: str = "deepest"
) -> Estimate:
    """Correlation of a clip's sonification and the shifted clip's, which is shifted back (-1 to 1).

    Mean over clips.

    Args:
        tables: shifts.
        network: name of the network.
        offset: of the input, in samples; if None the mean over offsets that are no multiple of the
            layer's stride.
        layer: first, deepest or a name.

    Raises:
        NotRun: every offset is a multiple of the layer's stride.
    """
    layer = tables.layer(layer, "shifts", network=network)
    rows = tables.rows("shifts", network=network, layer=layer)
    odd = rows.loc[~rows["multiple"].astype(bool), "offset"]
    offsets = sorted(odd.unique()) if offset is None else [offset]
    if not offsets:
        raise NotRun(f"every offset is a multiple of the stride of layer '{layer}'")
    about = {"network": network, "layer": layer}
    means = tables.means("shifts", "correlation", "group", {"offset": offsets}, **about)
    return tables.of(means._replace(values=means.values.mean(axis=1)))
