import jax
import jax.numpy as jnp

WIDTH, HEADS = 64, 4


def norm(params, x):
    centred = x - x.mean(-1, keepdims=True)
    return params["scale"] * centred / jnp.sqrt((centred**2).mean(-1, keepdims=True) + 1e-5) + params["shift"]


def attention(params, x):
    batch, length, width = x.shape
    qkv = (x @ params["qkv"]).reshape(batch, length, 3, HEADS, width // HEADS).transpose(2, 0, 3, 1, 4)
    q, k, v = qkv
    weights = jax.nn.softmax(q @ k.swapaxes(-2, -1) / jnp.sqrt(width // HEADS), axis=-1)
    return (weights @ v).swapaxes(1, 2).reshape(batch, length, width) @ params["proj"]


def block(params, x):
    with jax.named_scope("attention"):
        x = x + attention(params["attention"], norm(params["norm1"], x))
    with jax.named_scope("mlp"):
        h = jax.nn.gelu(norm(params["norm2"], x) @ params["up"])
        return x + h @ params["down"]


def matrix(number, rows, columns):
    return jax.random.normal(jax.random.PRNGKey(number), (rows, columns)) / jnp.sqrt(rows)


params = {
    "norm1": {"scale": jnp.ones(WIDTH), "shift": jnp.zeros(WIDTH)},
    "attention": {"qkv": matrix(0, WIDTH, 3 * WIDTH), "proj": matrix(1, WIDTH, WIDTH)},
    "norm2": {"scale": jnp.ones(WIDTH), "shift": jnp.zeros(WIDTH)},
    "up": matrix(2, WIDTH, 4 * WIDTH),
    "down": matrix(3, 4 * WIDTH, WIDTH),
}
x = jax.random.normal(jax.random.PRNGKey(4), (2, 16, WIDTH))
