import keras
import tensorflow as tf

keras.utils.set_random_seed(0)


class Block(keras.Model):
    def __init__(self, width=64, heads=4):
        super().__init__()
        self.norm1 = keras.layers.LayerNormalization(name="norm1")
        self.attention = keras.layers.MultiHeadAttention(heads, width // heads, name="attention")
        self.norm2 = keras.layers.LayerNormalization(name="norm2")
        self.up = keras.layers.Dense(4 * width, activation="gelu", name="up")
        self.down = keras.layers.Dense(width, name="down")

    def call(self, x):
        h = self.norm1(x)
        x = x + self.attention(h, h)
        return x + self.down(self.up(self.norm2(x)))


block = Block()
x = tf.random.normal((2, 16, 64), seed=1)
