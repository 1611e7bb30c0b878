"""Questions about a student's own code, with answers that are found by running it."""
