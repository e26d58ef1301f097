"""Sanity lines for what security costs: return on security investment, and the Gordon–Loeb optimum and ceiling.

Plain arithmetic: it loads no NumPy, so that whoever says what money is worth says it by these.
"""

from __future__ import annotations

import math
from typing import Final, Literal

CEILING: Final = 1 / math.e
"""Share of the expected loss that is never worth exceeding (Gordon and Loeb, ACM TISSEC 5(4), 2002, proposition 3)."""


def rosi(annual_loss_before: float, annual_loss_after: float, annual_cost: float) -> float:
    """Return on security investment: (reduction − cost) / cost (ENISA, Introduction to ROSI, 2012).

    Raises ValueError where the cost is not above 0.
    """
    if annual_cost <= 0:
        raise ValueError("the return on an investment is known only where it costs something")
    return (annual_loss_before - annual_loss_after - annual_cost) / annual_cost


def gordon_loeb(
    vulnerability: float, loss: float, alpha: float, beta: float = 1.0, breach: Literal["I", "II"] = "I"
) -> float:
    """The investment z that maximises (v − S(z, v))·L − z; 0 where none pays.

    `vulnerability` v is the probability of a breach without investment, `loss` L the money it costs; `alpha` (a, per
    unit of money) and `beta` (b, at least 1) say how investment works: S = v / (az + 1)^b for class I, v^(az + 1) for
    class II. Raises ValueError for values out of these ranges.
    """
    if not 0 <= vulnerability <= 1 or loss < 0 or alpha <= 0 or beta < 1:
        raise ValueError("give a vulnerability from 0 to 1, a loss of 0 or more, alpha above 0 and beta of 1 or more")
    if vulnerability == 0 or loss == 0:
        return 0.0
    if breach == "I":
        best = ((vulnerability * beta * alpha * loss) ** (1 / (beta + 1)) - 1) / alpha
    else:
        slope = -vulnerability * math.log(vulnerability) * alpha * loss  # of the benefit at z = 0
        best = math.log(slope) / (-alpha * math.log(vulnerability)) if slope > 1 else 0.0
    return float(max(best, 0.0))


def gordon_loeb_ceiling(vulnerability: float, loss: float) -> float:
    """The most that is ever worth spending: 1/e (37 %) of the expected loss, for both classes."""
    return vulnerability * loss * CEILING
