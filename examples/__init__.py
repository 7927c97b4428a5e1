"""Programs around the application; nothing of it needs them."""
