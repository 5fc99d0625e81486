"""Spectral subtraction: gain in SNR on noisy speech, and the change of clean speech.

    python benchmarks/denoising.py [--clips 48]

Clean speech is RAVDESS, recorded in a studio, and URDU if it is available, cut from talk shows,
whose clips have few pauses and some noise.

SNR in dB, of the whole clip, and segmental: the mean over segments of 20 ms that hold speech
(clean power less than 40 dB below the loudest), each clipped to -10 to 35 dB. The noise is
white; pink, its power falling by 3 dB an octave; or babble of six other clips. The reference is
the recording itself, with its background noise.
"""

import argparse
from collections.abc import Sequence
from statistics import mean, stdev

import numpy as np
from _common import RECORDINGS, make_clips, print_table
from numpy.typing import NDArray

from sersk import AudioLoader, HighPassFilter, SpectralSubtraction, load_audio_folder

SAMPLE_RATE = 22050
N_TALKERS = 6
NOISES = ("white", "pink", "babble")


def trim(X: NDArray) -> list[NDArray]:
    """Return the clips without the loader's padding of zeros."""
    return [np.trim_zeros(clip).astype(np.float64) for clip in X if clip.any()]


def make_noise(kind: str, clips: list[NDArray], number: int) -> NDArray:
    """Return noise of power 1 as long as the clip of that number."""
    n_samples = len(clips[number])
    rng = np.random.default_rng(number)
    if kind == "babble":
        others = rng.permutation([i for i in range(len(clips)) if i != number])[:N_TALKERS]
        noise = np.zeros(n_samples)
        for other in others:
            talker = clips[other] / np.sqrt(np.mean(np.square(clips[other])))
            # rotated by a random shift, so that the talkers' first words do not coincide
            talker = np.roll(talker, rng.integers(len(talker)))
            noise += np.resize(talker, n_samples)
    else:
        noise = rng.standard_normal(n_samples)
        if kind == "pink":
            spectrum = np.fft.rfft(noise)
            spectrum[0] = 0
            spectrum[1:] /= np.sqrt(np.arange(1, len(spectrum)))
            noise = np.fft.irfft(spectrum, n_samples)
    return noise / np.sqrt(np.mean(np.square(noise)))


def global_snr(clean: NDArray, estimate: NDArray) -> float:
    """Return the power of the clean clip over that of the difference (dB)."""
    error = np.sum(np.square(estimate - clean))
    return float(10 * np.log10(np.sum(np.square(clean)) / error))


def segmental_snr(clean: NDArray, estimate: NDArray) -> float:
    """Return the mean over segments of speech of their SNR (dB)."""
    length = round(0.02 * SAMPLE_RATE)
    n_segments = len(clean) // length
    signal, error = (
        np.sum(np.square(x[: n_segments * length].reshape(n_segments, length)), axis=1)
        for x in (clean, estimate - clean)
    )
    speech = signal > signal.max() * 1e-4
    ratios = 10 * np.log10(signal[speech] / np.maximum(error[speech], 1e-20))
    return float(np.clip(ratios, -10, 35).mean())


def gains(step: object, clips: list[NDArray], kind: str, snr_db: float) -> list[tuple[float, ...]]:
    """Return both SNRs before and after denoising, a row a clip."""
    rows = []
    for number, clean in enumerate(clips):
        scale = np.sqrt(np.mean(np.square(clean))) * 10 ** (-snr_db / 20)
        noisy = clean + scale * make_noise(kind, clips, number)
        after = step.transform(noisy[np.newaxis])[0]  # type: ignore[attr-defined]
        rows.append(
            tuple(snr(clean, x) for snr in (global_snr, segmental_snr) for x in (noisy, after))
        )
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clips", type=int, default=48)
    arguments = parser.parse_args()
    X, kind = make_clips(arguments.clips)
    clips = trim(X)
    denoiser = SpectralSubtraction()

    def describe(values: Sequence[float]) -> str:
        return f"{mean(values):.1f} ± {stdev(values):.1f}"

    rows = []
    for noise in NOISES:
        for snr_db in (0, 5, 10):
            before, after, before_seg, after_seg = zip(
                *gains(denoiser, clips, noise, snr_db), strict=True
            )
            gain = [b - a for a, b in zip(before, after, strict=True)]
            gain_seg = [b - a for a, b in zip(before_seg, after_seg, strict=True)]
            rows.append(
                [
                    noise,
                    *map(describe, (before, after, gain)),
                    f"{min(gain):.1f}",
                    *map(describe, (before_seg, after_seg, gain_seg)),
                ]
            )
    print(f"{len(clips)} clips ({kind}), {denoiser!r}; SNR in dB, mean ± standard deviation\n")
    print_table(
        ["noise", "before", "after", "gain", "least gain", "segmental before", "after", "gain"],
        rows,
    )
    print("\nClean speech: power of the clip over that of the change (dB)\n")
    corpora = {kind: clips}
    if (RECORDINGS / "urdu").is_dir():
        paths = load_audio_folder(RECORDINGS / "urdu").data
        some = np.linspace(0, len(paths) - 1, arguments.clips).astype(int)
        corpora["URDU"] = trim(AudioLoader(duration=4.0).fit_transform(paths[some]))
    rows = []
    for step in (denoiser, HighPassFilter()):
        for name, corpus in corpora.items():
            kept = [global_snr(clean, step.transform(clean[np.newaxis])[0]) for clean in corpus]
            rows.append([type(step).__name__, name, describe(kept), f"{min(kept):.1f}"])
    print_table(["step", "clips", "mean ± standard deviation", "least"], rows)
    print("\nHow far the peak of a clip is above its mean power (dB), which limits RMSNormalizer\n")
    rows = []
    for name, corpus in corpora.items():
        crest = [20 * np.log10(np.abs(x).max() / np.sqrt(np.mean(x**2))) for x in corpus]
        percentiles = [f"{value:.0f}" for value in np.percentile(crest, (0, 50, 100))]
        rows.append([name, *percentiles, f"{np.mean(np.array(crest) > 20):.0%}"])
    print_table(["clips", "least", "median", "most", "more than 20"], rows)


if __name__ == "__main__":
    main()
