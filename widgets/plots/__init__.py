"""Plots of a training run. pyqtgraph is used in this package only."""
