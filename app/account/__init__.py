"""What a signed-in person can see and do."""
