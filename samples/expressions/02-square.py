# The square: slope 2x
# inputs: x=3.0
x**2
