"""Reads the courses of nbgrader and otter, and writes them as assignments of hwlib."""
