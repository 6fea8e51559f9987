"""Longitudes and latitudes (WGS84) to the OSGB36 metres of the batch files, for drawing only.

The formulas are Ordnance Survey's ("A guide to coordinate systems in Great Britain", 2020): a seven-parameter shift,
then the transverse Mercator projection, right to about 5 m, which a map of counties does not show. It must never be
used to measure a distance or to say where a place lies.
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

AIRY = (6_377_563.396, 6_356_256.909)  # semi-axes of the ellipsoid of OSGB36, metres
WGS84 = (6_378_137.000, 6_356_752.3142)
SCALE = 0.9996012717  # on the central meridian
ORIGIN = (np.radians(49.0), np.radians(-2.0))
FALSE_ORIGIN = (400_000.0, -100_000.0)
SHIFT = (-446.448, 125.157, -542.060)  # metres, WGS84 to OSGB36
TURN = tuple(np.radians(seconds / 3600) for seconds in (-0.1502, -0.2470, -0.8421))
STRETCH = 20.4894e-6


def eastings_northings(longitudes: Floats, latitudes: Floats) -> Floats:
    """OSGB36 metres, a row of two for each position in degrees."""
    x, y, z = _cartesian(np.radians(latitudes), np.radians(longitudes))
    rx, ry, rz = TURN
    shifted = (
        SHIFT[0] + (1 + STRETCH) * x - rz * y + ry * z,
        SHIFT[1] + rz * x + (1 + STRETCH) * y - rx * z,
        SHIFT[2] - ry * x + rx * y + (1 + STRETCH) * z,
    )
    return _projected(*_angles(*shifted))


def _cartesian(latitude: Floats, longitude: Floats) -> tuple[Floats, Floats, Floats]:
    a, b = WGS84
    e2 = 1 - (b / a) ** 2
    nu = a / np.sqrt(1 - e2 * np.sin(latitude) ** 2)
    across = nu * np.cos(latitude)
    return across * np.cos(longitude), across * np.sin(longitude), (1 - e2) * nu * np.sin(latitude)


def _angles(x: Floats, y: Floats, z: Floats) -> tuple[Floats, Floats]:
    a, b = AIRY
    e2 = 1 - (b / a) ** 2
    across = np.hypot(x, y)
    latitude = np.arctan2(z, across * (1 - e2))
    for _ in range(5):  # each round gains three figures
        nu = a / np.sqrt(1 - e2 * np.sin(latitude) ** 2)
        latitude = np.arctan2(z + e2 * nu * np.sin(latitude), across)
    return latitude, np.arctan2(y, x)


def _projected(latitude: Floats, longitude: Floats) -> Floats:
    a, b = AIRY
    e2 = 1 - (b / a) ** 2
    sine, cosine, t = np.sin(latitude), np.cos(latitude), np.tan(latitude)
    nu = a * SCALE / np.sqrt(1 - e2 * sine**2)
    ratio = (1 - e2 * sine**2) / (1 - e2)  # nu / rho
    eta2 = ratio - 1
    d = (longitude - ORIGIN[1]) * cosine
    north = t * nu * (d**2 / 2 + d**4 / 24 * (5 - t**2 + 9 * eta2) + d**6 / 720 * (61 - 58 * t**2 + t**4))
    east = nu * (d + d**3 / 6 * (ratio - t**2) + d**5 / 120 * (5 - 18 * t**2 + t**4 + 14 * eta2 - 58 * t**2 * eta2))
    return np.column_stack((FALSE_ORIGIN[0] + east, FALSE_ORIGIN[1] + _meridian(latitude) + north))


def _meridian(latitude: Floats) -> Floats:
    """Metres along the central meridian from the true origin."""
    a, b = AIRY
    n = (a - b) / (a + b)
    less, plus = latitude - ORIGIN[0], latitude + ORIGIN[0]
    metres: Floats = (
        b
        * SCALE
        * (
            (1 + n + 5 / 4 * n**2 + 5 / 4 * n**3) * less
            - (3 * n + 3 * n**2 + 21 / 8 * n**3) * np.sin(less) * np.cos(plus)
            + (15 / 8 * n**2 + 15 / 8 * n**3) * np.sin(2 * less) * np.cos(2 * plus)
            - 35 / 24 * n**3 * np.sin(3 * less) * np.cos(3 * plus)
        )
    )
    return metres
