"""Every call to WorkOS, one file for each namespace of its own reference.

https://workos.com/docs/reference
"""
