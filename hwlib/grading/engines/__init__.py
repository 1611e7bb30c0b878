"""From answers to verdicts: the isolated engine, its pool of graders, and nbgrader's for
comparison.
"""
