"""The instructor's half: building assignments, grading submissions, reporting. Needs `pip install 'hwlib[grading]'`."""
