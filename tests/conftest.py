"""Lets every Python test import the shared helpers as `lab.<module>`."""
import pathlib
import signal
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

# Started in a shell's background SIGINT is ignored, by every program that is
# started from here as well: then nothing could be ended by Ctrl-C.
signal.signal(signal.SIGINT, signal.default_int_handler)
