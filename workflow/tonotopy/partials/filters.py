"""How much of a first-layer filter's energy can lie in a third of an octave, and how much does.

The concentration of a filter h in a band is the share of the energy of h that an ideal band-pass
filter lets through: h'Bh / h'h, B being the Toeplitz matrix of the band's sinc (Slepian 1978, the
discrete prolate spheroidal sequences). No filter of a length exceeds the largest eigenvalue of B.
"""

import numpy as np
from scipy.linalg import matmul_toeplitz, toeplitz
from scipy.sparse.linalg import LinearOperator, eigsh

REFERENCE = 440.0  # Hz (A4): centres are thirds of octaves away from it
LOWEST = 50.0  # Hz, of the centres
DENSE = 128  # taps up to which matrices are written out
KRYLOV = 40  # vectors that the largest eigenvalue of larger ones is looked for in


def third_octaves(rate: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the bands that concentrations are of.

    Args:
        rate: sampling rate in Hz.

    Returns:
        Centres in Hz, from 50 Hz to below half the rate, and lower and upper edges, shape (2,
        bands); no edge is above half the rate.

    Raises:
        ValueError: the rate has no such band.
    """
    steps = np.arange(np.ceil(3 * np.log2(LOWEST / REFERENCE)), 3 * np.log2(rate / 2 / REFERENCE))
    centres = REFERENCE * 2 ** (steps / 3)
    centres = centres[centres < rate / 2 * (1 - 1e-9)]
    if not len(centres):
        raise ValueError(f"a rate of {rate:g} Hz has no third of an octave from {LOWEST:g} Hz on")
    edges = centres * 2.0 ** np.array([[-1 / 6], [1 / 6]])
    return centres, np.minimum(edges, rate / 2)


def sincs(edges: np.ndarray, taps: int, rate: float) -> np.ndarray:
    """Return the first columns of the bands' Toeplitz matrices.

    Args:
        edges: in Hz, shape (2, bands).
        taps: length of the filters.
        rate: sampling rate in Hz.

    Returns:
        Shape (bands, taps): entry m is the value at lag m.
    """
    low, high = 2 * edges[:, :, None] / rate  # as shares of half the rate
    lags = np.arange(taps)
    return high * np.sinc(high * lags) - low * np.sinc(low * lags)


def concentrations(filters: np.ndarray, rate: float) -> np.ndarray:
    """Return how much of each filter's energy lies in each band, from its autocorrelation.

    Args:
        filters: shape (filters, taps).
        rate: sampling rate in Hz.

    Returns:
        Shape (filters, bands), from 0 to 1; nan for filters that are 0.
    """
    taps = filters.shape[1]
    spectra = np.fft.rfft(np.asarray(filters, dtype=float), 2 * taps)
    lags = np.fft.irfft(np.abs(spectra) ** 2, 2 * taps)[:, :taps]
    lags[:, 1:] *= 2  # both signs
    energies = lags[:, :1]
    within = lags @ sincs(third_octaves(rate)[1], taps, rate).T
    return np.divide(within, energies, out=np.full(within.shape, np.nan), where=energies > 0)


def limits(taps: int, rate: float) -> np.ndarray:
    """Return the largest concentration that a filter of a length can have in each band.

    Args:
        taps: length of the filters.
        rate: sampling rate in Hz.

    Returns:
        Shape (bands,), from 0 to 1: the largest eigenvalues of the bands' matrices.
    """
    columns = sincs(third_octaves(rate)[1], taps, rate)
    if taps <= DENSE:
        lags = toeplitz(np.arange(taps))
        return np.linalg.eigvalsh(columns[:, lags])[:, -1]
    return np.array([_largest_eigenvalue(column) for column in columns])


def _largest_eigenvalue(column: np.ndarray) -> float:
    """Return that of a symmetric Toeplitz matrix, which is never written out."""
    taps = len(column)
    matrix = LinearOperator((taps, taps), lambda x: matmul_toeplitz(column, x), dtype=float)
    start = np.ones(taps) + np.linspace(-1, 1, taps) ** 3  # neither even nor odd
    found = eigsh(matrix, 1, v0=start, ncv=KRYLOV, tol=1e-6, return_eigenvectors=False)
    return float(found[0])


def random_filters(number: int, taps: int, rng: np.random.Generator) -> np.ndarray:
    """Return filters of white Gaussian noise, shape (number, taps)."""
    return rng.standard_normal((number, taps))
