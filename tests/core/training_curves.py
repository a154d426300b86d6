"""Thirty runs as their two curves, made by formula, with the verdict that a teacher would give.

Each generator returns (training, validation, spread); `spread` is the loss of the best constant. `OVERFITS` gives for
an overfit run the steps between which it has to be said to have begun.
"""

from __future__ import annotations

import numpy as np


def steps(count):
    return np.arange(count, dtype=np.float64)


def falling(count, start, end, pace):
    return end + (start - end) * np.exp(-steps(count) / pace)


def valley(count, start, bottom, turn, end):
    """Falls to `bottom` at step `turn`, then rises to `end` at the last step, smoothly at both."""
    t = steps(count)
    down = bottom + (start - bottom) * np.clip(1 - t / turn, 0, 1) ** 2
    up = bottom + (end - bottom) * np.clip((t - turn) / (count - 1 - turn), 0, 1)
    return np.where(t <= turn, down, up)


def jitter(curve, share, seed):
    """Independent noise, a share of the value itself, as of small batches or few validation points."""
    return curve * (1 + share * np.random.default_rng(seed).standard_normal(len(curve)))


def underfits_flat():
    return np.full(400, 0.98), np.full(400, 1.05), 1.0


def underfits_after_a_small_gain():
    return falling(600, 1.0, 0.93, 30), falling(600, 1.1, 1.02, 30), 1.0


def underfits_classes():
    return falling(200, 0.75, 0.69, 10), falling(200, 0.76, 0.70, 10), 0.693


def underfits_with_jitter():
    return jitter(falling(300, 1.2, 0.97, 20), 0.01, 1), jitter(falling(300, 1.3, 1.03, 20), 0.01, 2), 1.0


def underfits_ten_classes():
    return falling(100, 2.6, 2.29, 5), falling(100, 2.7, 2.31, 5), 2.303


def underfits_slowly():
    return falling(5000, 9.3, 8.9, 200), falling(5000, 9.5, 9.1, 200), 9.0


def fits_closely():
    return falling(1000, 9.0, 0.10, 60), falling(1000, 9.5, 0.12, 60), 9.0


def fits_a_line():
    return falling(500, 18.0, 5.31, 40), falling(500, 17.0, 5.10, 40), 8.6


def fits_exactly():
    return falling(2000, 4.0, 0.0, 50), falling(2000, 4.2, 0.001, 50), 4.0


def fits_with_jitter():
    return jitter(falling(800, 2.3, 0.30, 60), 0.02, 3), jitter(falling(800, 2.3, 0.36, 60), 0.03, 4), 2.3


def fits_in_few_epochs():
    return falling(60, 2.3, 0.25, 4), falling(60, 2.3, 0.29, 4), 2.3


def fits_after_a_plateau():
    t = steps(1500)
    drop = 1 / (1 + np.exp((t - 500) / 20))
    return 0.05 + 0.9 * drop, 0.06 + 0.95 * drop, 1.0


def fits_after_a_second_descent():
    """Validation rises for a while, then falls below where it was: over the whole run nothing was lost."""
    t = steps(3000)
    hump = 0.5 * np.exp(-(((t - 400) / 150) ** 2))
    return falling(3000, 1.0, 0.05, 100), falling(3000, 1.1, 0.06, 150) + hump, 1.0


def overfits_early():
    return falling(6000, 9.0, 0.001, 100), valley(6000, 10.0, 8.0, 22, 20.0), 9.0


def overfits_in_the_middle():
    return falling(1000, 8.0, 0.02, 120), valley(1000, 9.0, 4.0, 300, 7.0), 8.0


def overfits_late():
    return falling(1000, 2.3, 0.10, 200), valley(1000, 2.4, 0.5, 700, 0.7), 2.3


def overfits_just_so():
    return falling(1000, 2.3, 0.20, 200), valley(1000, 2.4, 1.0, 400, 1.16), 2.3


def overfits_in_few_epochs():
    return falling(60, 2.4, 0.05, 10), valley(60, 2.4, 0.9, 17, 2.6), 2.3


def overfits_with_jitter():
    return jitter(falling(300, 2.3, 0.05, 40), 0.03, 5), jitter(valley(300, 2.4, 0.8, 60, 1.6), 0.03, 6), 2.3


def overfits_with_much_jitter():
    return jitter(falling(2000, 1.0, 0.02, 200), 0.05, 7), jitter(valley(2000, 1.1, 0.5, 400, 1.2), 0.08, 8), 1.0


def overfits_then_levels_off():
    train = falling(1000, 1.0, 0.01, 80)
    return train, np.where(steps(1000) < 200, valley(1000, 1.2, 0.6, 200, 2.0), np.minimum(
        0.6 + (steps(1000) - 200) / 300, 1.1)), 1.0  # fmt: skip


def overfits_since_the_start():
    return falling(500, 1.0, 0.05, 60), 1.0 + 1.5 * steps(500) / 500, 1.0


def diverges_to_infinity():
    train = falling(200, 1.0, 0.4, 30)
    train[150:] = np.inf
    return train, train + 0.1, 1.0


def diverges_by_growth():
    growing = 1.0 * np.exp(steps(100) / 20)
    return growing, 1.1 * growing, 1.0


def diverges_after_a_good_start():
    t = steps(400)
    return np.where(t < 200, falling(400, 1.0, 0.2, 30), 0.2 * np.exp((t - 200) / 30)), falling(400, 1.1, 0.3, 30), 1.0


def diverges_to_a_high_plateau():
    return 3.0 - 2.0 * np.exp(-steps(300) / 10), 3.3 - 2.0 * np.exp(-steps(300) / 10), 1.0


def noisy_from_step_to_step():
    return falling(500, 2.0, 0.5, 50), np.where(steps(500) % 2, 0.4, 2.0), 2.0


def noisy_validation_of_few_points():
    return falling(80, 2.3, 0.6, 15), jitter(np.full(80, 1.4), 0.2, 9), 2.3


def noisy_by_a_large_rate():
    return jitter(np.full(200, 1.0), 0.3, 10), np.abs(jitter(np.full(200, 1.0), 0.4, 11)), 1.5


def noisy_where_a_rise_might_hide():
    return falling(60, 2.3, 0.4, 12), jitter(valley(60, 2.4, 1.0, 20, 1.1), 0.12, 12), 2.3


VERDICTS = {
    **dict.fromkeys((
        underfits_flat, underfits_after_a_small_gain, underfits_classes, underfits_with_jitter, underfits_ten_classes,
        underfits_slowly,
    ), "underfits"),
    **dict.fromkeys((
        fits_closely, fits_a_line, fits_exactly, fits_with_jitter, fits_in_few_epochs, fits_after_a_plateau,
        fits_after_a_second_descent,
    ), "fits"),
    **dict.fromkeys((
        overfits_early, overfits_in_the_middle, overfits_late, overfits_just_so, overfits_in_few_epochs,
        overfits_with_jitter, overfits_with_much_jitter, overfits_then_levels_off, overfits_since_the_start,
    ), "overfits"),
    **dict.fromkeys((
        diverges_to_infinity, diverges_by_growth, diverges_after_a_good_start, diverges_to_a_high_plateau,
    ), "diverges"),
    **dict.fromkeys((
        noisy_from_step_to_step, noisy_validation_of_few_points, noisy_by_a_large_rate, noisy_where_a_rise_might_hide,
    ), "too noisy to say"),
}  # fmt: skip
OVERFITS = {
    overfits_early: (22, 22), overfits_in_the_middle: (300, 300), overfits_late: (700, 700),
    overfits_just_so: (400, 400), overfits_in_few_epochs: (17, 17), overfits_with_jitter: (45, 75),
    overfits_with_much_jitter: (300, 500), overfits_then_levels_off: (200, 200), overfits_since_the_start: (0, 0),
}  # fmt: skip
CODES = {
    "training_underfits": "underfits", "training_fits": "fits", "training_overfits": "overfits",
    "training_overfits_exactly": "overfits", "training_diverges": "diverges", "training_noisy": "too noisy to say",
}  # fmt: skip
