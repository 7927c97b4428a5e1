"""What only programs ask for, in JSON."""
