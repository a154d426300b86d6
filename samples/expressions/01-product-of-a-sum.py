# a × (a + b): one input, two ways to the result
# inputs: a=2.0; b=3.0
a * (a + b)
