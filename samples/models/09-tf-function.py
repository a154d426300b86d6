import tensorflow as tf


@tf.function
def collatz_like(x, steps):
    """Doubles where x is small, else halves and squashes; then goes on until `steps` are done."""
    if tf.reduce_sum(x) < 1.0:
        y = 2.0 * x
    else:
        y = tf.tanh(x / 2.0)
    k = 0
    while k < steps:
        y = y * x + 0.5
        k += 1
    return tf.reduce_sum(y)


x = tf.constant([0.5, -1.0, 2.0])
steps = tf.constant(3)
