"""Calibration: how well what people say agrees with what comes, and several judgements made one. No Django."""
