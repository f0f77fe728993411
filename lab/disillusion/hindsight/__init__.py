"""The score applied to the past: replay, backtest, and fitting to a lab's history."""
