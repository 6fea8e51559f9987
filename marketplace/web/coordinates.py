"""Eastings and northings to the longitudes and latitudes of a web map.

The formulas are Ordnance Survey's ("A guide to coordinate systems in Great Britain", 2020, annexe C and section 6.6):
the inverse transverse Mercator projection, then a seven-parameter shift, right to about 5 m, which a map of counties
does not show. It must never be used to measure a distance: matching measures on the grid.
"""

from math import atan2, cos, hypot, pi, radians, sin, sqrt, tan

AIRY = (6_377_563.396, 6_356_256.909)  # semi-axes of the ellipsoid of OSGB36, metres
WGS84 = (6_378_137.000, 6_356_752.3142)
SCALE = 0.9996012717  # on the central meridian
ORIGIN = (radians(49), radians(-2))
FALSE_ORIGIN = (400_000, -100_000)
SHIFT = (446.448, -125.157, 542.060)  # metres, OSGB36 to WGS84
TURN = tuple(radians(seconds / 3600) for seconds in (0.1502, 0.2470, 0.8421))
STRETCH = -20.4894e-6


def latitude_longitude(easting: int, northing: int) -> tuple[float, float]:
    """Degrees north and east (WGS84), to five decimal places, of OSGB36 metres.

    >>> latitude_longitude(651410, 313177)  # the worked example of the guide, which gives 52.657978, 1.716053
    (52.65798, 1.71605)
    """
    latitude, longitude = _unprojected(easting, northing)
    x, y, z = _cartesian(latitude, longitude)
    rx, ry, rz = TURN
    return _degrees(
        SHIFT[0] + (1 + STRETCH) * x - rz * y + ry * z,
        SHIFT[1] + rz * x + (1 + STRETCH) * y - rx * z,
        SHIFT[2] - ry * x + rx * y + (1 + STRETCH) * z,
    )


def _unprojected(easting: int, northing: int) -> tuple[float, float]:
    a, b = AIRY
    e2 = 1 - (b / a) ** 2
    latitude = ORIGIN[0]
    while True:
        gap = northing - FALSE_ORIGIN[1] - _meridian(latitude)
        if abs(gap) < 1e-5:
            break
        latitude += gap / (a * SCALE)
    rho_sine = 1 - e2 * sin(latitude) ** 2
    nu = a * SCALE / sqrt(rho_sine)
    rho = a * SCALE * (1 - e2) / rho_sine**1.5
    eta2 = nu / rho - 1
    t, secant = tan(latitude), 1 / cos(latitude)
    d = (easting - FALSE_ORIGIN[0]) / nu
    north = (
        t
        * nu
        / rho
        * (d**2 / 2 - d**4 / 24 * (5 + 3 * t**2 + eta2 - 9 * t**2 * eta2) + d**6 / 720 * (61 + 90 * t**2 + 45 * t**4))
    )
    east = secant * (
        d
        - d**3 / 6 * (nu / rho + 2 * t**2)
        + d**5 / 120 * (5 + 28 * t**2 + 24 * t**4)
        - d**7 / 5040 * (61 + 662 * t**2 + 1320 * t**4 + 720 * t**6)
    )
    return latitude - north, ORIGIN[1] + east


def _meridian(latitude: float) -> float:
    """Metres along the central meridian from the true origin."""
    a, b = AIRY
    n = (a - b) / (a + b)
    less, plus = latitude - ORIGIN[0], latitude + ORIGIN[0]
    return (
        b
        * SCALE
        * (
            (1 + n + 5 / 4 * n**2 + 5 / 4 * n**3) * less
            - (3 * n + 3 * n**2 + 21 / 8 * n**3) * sin(less) * cos(plus)
            + (15 / 8 * n**2 + 15 / 8 * n**3) * sin(2 * less) * cos(2 * plus)
            - 35 / 24 * n**3 * sin(3 * less) * cos(3 * plus)
        )
    )


def _cartesian(latitude: float, longitude: float) -> tuple[float, float, float]:
    a, b = AIRY
    e2 = 1 - (b / a) ** 2
    nu = a / sqrt(1 - e2 * sin(latitude) ** 2)
    across = nu * cos(latitude)
    return across * cos(longitude), across * sin(longitude), (1 - e2) * nu * sin(latitude)


def _degrees(x: float, y: float, z: float) -> tuple[float, float]:
    a, b = WGS84
    e2 = 1 - (b / a) ** 2
    across = hypot(x, y)
    latitude = atan2(z, across * (1 - e2))
    for _ in range(5):  # each round gains three figures
        nu = a / sqrt(1 - e2 * sin(latitude) ** 2)
        latitude = atan2(z + e2 * nu * sin(latitude), across)
    return round(latitude * 180 / pi, 5), round(atan2(y, x) * 180 / pi, 5)
