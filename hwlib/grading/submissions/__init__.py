"""Turns a hand-in into answers: reads files, repairs notebooks, finds the cells of a question."""
