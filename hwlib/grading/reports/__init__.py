"""What instructors read of a class after grading: the class report and the report of the term."""
