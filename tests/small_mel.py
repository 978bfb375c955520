"""Study 3's front end at a size for tests, and the mel power that ratio masks are made of."""

from tonotopy.frontends.log10_mel import Log10Mel, Log10MelSettings


def small_mel(samples, rate=8000, window=256, hop=64, mels=40) -> Log10Mel:
    """Return a front end whose frames are all those of clips of so many samples."""
    return Log10Mel(
        Log10MelSettings(
            rate=rate,
            window=window,
            hop=hop,
            mels=mels,
            high_hz=rate / 2,
            frames=1 + samples // hop,
        )
    )


def mel_power(front_end: Log10Mel):
    """Return the function from waveforms to mel power (clips, mels, frames)."""

    def power(waveforms):
        return front_end.filters @ front_end.spectrum(waveforms).abs().square()

    return power
