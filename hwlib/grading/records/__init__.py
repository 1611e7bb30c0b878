"""From verdicts to what is kept and shown: gradebook, autograded notebooks, feedback pages, kept
results.
"""
