"""Lets every Python test import the shared helpers as `lab.<module>`."""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
