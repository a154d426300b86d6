import jax
import jax.numpy as jnp


def predict(params, x):
    h = jnp.tanh(x @ params["hidden"]["w"] + params["hidden"]["b"])
    return h @ params["out"]["w"] + params["out"]["b"]


def loss(params, x, y):
    return jnp.mean((predict(params, x) - y) ** 2)


key_hidden, key_out, key_x = jax.random.split(jax.random.PRNGKey(0), 3)
params = {
    "hidden": {"w": jax.random.normal(key_hidden, (2, 8)), "b": jnp.zeros(8)},
    "out": {"w": jax.random.normal(key_out, (8, 1)), "b": jnp.zeros(1)},
}
x = jax.random.normal(key_x, (16, 2))
y = x[:, :1] * x[:, 1:]

loss_and_gradients = jax.value_and_grad(loss)
