"""A module that takes its time: for the test that an interrupt does not leave half a module behind."""

import time

print("importing")
for _ in range(100):
    time.sleep(0.01)
WHOLE = True
