"""Figures: numbers with a formula, a target, a history and the rows behind them."""
