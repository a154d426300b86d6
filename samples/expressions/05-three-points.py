# Squared error over three points
# inputs: w=0.7; x=[-1.0, 0.5, 2.0]; b=0.1; y=[0.0, 0.3, 1.0]
h = tanh(w*x + b)
e = h - y
sum(e*e)
