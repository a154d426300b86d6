import keras
import tensorflow as tf

keras.utils.set_random_seed(0)

image = keras.Input((6,), name="image")
words = keras.Input((3,), name="words")
seen = keras.layers.Dense(4, activation="relu", name="see")(image)
read = keras.layers.Dense(4, activation="relu", name="read")(words)
both = keras.layers.Concatenate(name="both")([seen, read])
score = keras.layers.Dense(1, name="score")(both)
model = keras.Model([image, words], score)

example_inputs = [tf.random.normal((2, 6), seed=1), tf.random.normal((2, 3), seed=2)]
