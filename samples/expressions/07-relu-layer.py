# A layer with relu, summed
# inputs: x=normal(4, 3); W=normal(3, 2); b=normal(2)
sum(relu(x @ W + b))
