# One neuron and its squared error
# inputs: w=0.7; x=1.5; b=0.1; y=1.0
h = tanh(w*x + b)
(h - y)**2
