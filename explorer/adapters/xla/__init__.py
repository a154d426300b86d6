"""What JAX and TensorFlow share: both compile by XLA, which prints one kind of text. Imports no framework."""
