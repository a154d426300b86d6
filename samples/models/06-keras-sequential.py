import keras
import tensorflow as tf

keras.utils.set_random_seed(0)

model = keras.Sequential(
    [
        keras.Input((4,)),
        keras.layers.Dense(8, activation="relu", name="hidden"),
        keras.layers.Dense(3, activation="softmax", name="probabilities"),
    ]
)
x = tf.random.normal((5, 4), seed=1)
