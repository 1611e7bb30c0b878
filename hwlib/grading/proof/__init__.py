"""Tests the course itself with wrong and right solutions and with synthetic classes."""
