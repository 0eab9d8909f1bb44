"""Models: what customers will do next, fitted by maximum likelihood to what they did; one file each. NumPy and SciPy only."""
