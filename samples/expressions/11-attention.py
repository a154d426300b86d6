# Attention with one head
# inputs: q=normal(4, 8); k=normal(4, 8); v=normal(4, 8)
weights = softmax(q @ transpose(k) / sqrt(8.0))
sum(weights @ v)
