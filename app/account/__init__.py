"""What people can see and do once they are signed in."""
