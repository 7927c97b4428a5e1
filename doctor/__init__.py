"""`python -m doctor`: finds what is wrong with the settings, and with what they lead to.

It works when the application cannot start, against the emulator as well as WorkOS, changes
nothing, and prints no secret.
"""
