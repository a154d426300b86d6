import keras
import tensorflow as tf

keras.utils.set_random_seed(0)


class Residual(keras.layers.Layer):
    def __init__(self, units, **options):
        super().__init__(**options)
        self.dense = keras.layers.Dense(units, name="dense")
        self.norm = keras.layers.LayerNormalization(name="norm")

    def call(self, x):
        return x + tf.nn.relu(self.dense(self.norm(x)))


class Tower(keras.Model):
    def __init__(self):
        super().__init__()
        self.blocks = [Residual(4, name=f"block_{k}") for k in range(2)]
        self.head = keras.layers.Dense(1, name="head")

    def call(self, x):
        for block in self.blocks:
            x = block(x)
        return self.head(x)


model = Tower()
x = tf.random.normal((3, 4), seed=1)
