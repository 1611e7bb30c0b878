"""Tries an imported course: its own solution in its old notebook, and in both engines."""
