"""A program for the command line: see README.md."""
