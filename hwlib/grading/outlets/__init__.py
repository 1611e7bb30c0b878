"""Carries assignments to other systems: Gradescope's autograder zip, and what runs inside it."""
