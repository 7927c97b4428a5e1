"""Stories about the application, told through its front door."""

import os
import sys

# Tests start hundreds of Pythons. In a container that keeps no compiled files, as many do, each of
# them would compile this whole tree anew, and each worker would have pytest rewrite every assert.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
