"""The journey of signing in, one file for each step."""
