# A small network: two layers, mean squared error
# inputs: x=normal(4, 3); W1=normal(3, 5); b1=zeros(5); W2=normal(5, 1); b2=zeros(1); y=normal(4, 1)
h = tanh(x @ W1 + b1)
p = h @ W2 + b2
mean((p - y)**2)
