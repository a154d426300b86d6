# Cross-entropy from logits
# inputs: z=[2.0, -1.0, 0.5]; y=[1.0, 0.0, 0.0]
logsumexp(z) - sum(y*z)
