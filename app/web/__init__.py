"""What every request passes through; it knows nothing above it: no session, no door."""
