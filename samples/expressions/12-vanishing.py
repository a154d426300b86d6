# Vanishing gradient: sigmoid of sigmoid of sigmoid
# inputs: x=2.0
sigmoid(sigmoid(sigmoid(sigmoid(x))))
