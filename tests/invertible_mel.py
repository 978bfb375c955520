"""A front end that can be inverted, with no more in it than rendering asks for."""

import numpy as np
import torch
from scipy.optimize import nnls
from torchaudio.functional import melscale_fbanks


class InvertibleMel:
    """Mel spectrograms of magnitude or power (HTK scale, Hamming window)."""

    def __init__(self, rate=8000, window=256, hop=64, mels=40, power=2.0):
        self.hop, self.power = hop, power
        self.window = torch.hamming_window(window)
        filters = melscale_fbanks(window // 2 + 1, 0.0, rate / 2, mels, rate)
        self.filters = filters.T  # (mels, bins)
        self.inverse = self.pseudo_inverse()

    def pseudo_inverse(self):
        """Non-negative least squares for each unit vector of the mel axis: (bins, mels)."""
        filters = self.filters.double().numpy()
        columns = [nnls(filters, unit)[0] for unit in np.eye(len(filters))]
        return torch.tensor(np.stack(columns, axis=1), dtype=torch.float32)

    def stft(self, waveforms):
        return torch.stft(
            waveforms, len(self.window), self.hop, window=self.window, return_complex=True
        )

    def mel(self, magnitudes):
        return self.filters @ magnitudes**self.power

    def from_mel(self, mel):
        return (self.inverse @ mel) ** (1 / self.power)

    def istft(self, spectra, length):
        return torch.istft(spectra, len(self.window), self.hop, window=self.window, length=length)

    def power_of(self, waveforms):
        """Mel power of waveforms, as masks want it."""
        return self.filters @ self.stft(waveforms).abs().square()
