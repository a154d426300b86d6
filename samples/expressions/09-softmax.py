# Softmax, weighted
# inputs: z=[2.0, -1.0, 0.5]; w=[1.0, 2.0, 3.0]
sum(softmax(z) * w)
