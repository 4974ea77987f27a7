"""Hosts the demo's steps: host.py COMPONENT..."""

import sys

import hmsffi

for component in sys.argv[1:]:
    hmsffi.load_component(component)
print("ready", flush=True)
sys.stdin.read()
