"""Grading by hand in a spreadsheet: a sheet for each question, and back into the gradebook."""
