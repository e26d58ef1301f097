"""The risk register: what may happen, how much it costs, what is done about it, and who accepts what is left."""

from remit.identify.risks.models.appetite import AcceptanceAuthority, Appetite, Measure, RiskAcceptance
from remit.identify.risks.models.assessment import Assessment, Binding, Cause, Estimate
from remit.identify.risks.models.calibration import Answer, Exercise, Outcome
from remit.identify.risks.models.portfolio import Dependence, Portfolio, PortfolioRun
from remit.identify.risks.models.register import (
    OPEN,
    AppetiteState,
    Effect,
    Risk,
    RiskCategory,
    RiskMatrix,
)
from remit.identify.risks.models.treatment import Indicator, IndicatorReading, IndicatorState, Strategy, Treatment

__all__ = (
    "OPEN",
    "AcceptanceAuthority",
    "Answer",
    "Appetite",
    "AppetiteState",
    "Assessment",
    "Binding",
    "Cause",
    "Dependence",
    "Effect",
    "Estimate",
    "Exercise",
    "Indicator",
    "IndicatorReading",
    "IndicatorState",
    "Measure",
    "Outcome",
    "Portfolio",
    "PortfolioRun",
    "Risk",
    "RiskAcceptance",
    "RiskCategory",
    "RiskMatrix",
    "Strategy",
    "Treatment",
)
