"""One-line changes of the course's own solution: making them, and grading what they make."""
