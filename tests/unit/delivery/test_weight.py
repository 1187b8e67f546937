"""Records by their weight."""

from __future__ import annotations

from include.fusion.delivery.weight import FIRST, Scale


def test_a_run_begins_with_few_and_goes_on_with_many_light_ones() -> None:
    scale, fits = Scale(1_000_000), []
    for _ in range(4):
        fits.append(scale.fits)
        scale.weighed([5_000] * scale.fits)
    assert fits[0] == FIRST and fits == sorted(fits) and fits[-1] == 200


def test_after_a_heavy_one_few_are_taken_until_none_was_heavy_for_some_batches() -> None:
    scale = Scale(1_000_000)
    scale.weighed([10, 250_000])
    assert scale.fits == 4
    for _ in range(6):
        scale.weighed([10])
    assert scale.fits > 200


def test_a_record_heavier_than_all_goes_alone() -> None:
    scale = Scale(1_000_000)
    scale.weighed([5_000_000])
    assert scale.fits == 1
