import jax
import jax.numpy as jnp
import optax
from flax import linen as nn


class MLP(nn.Module):
    @nn.compact
    def __call__(self, x):
        x = nn.relu(nn.Dense(8, name="hidden")(x))
        return nn.Dense(1, name="out")(x)


model = MLP()
x = jax.random.normal(jax.random.PRNGKey(1), (16, 2))
y = jnp.sum(x**2, axis=1, keepdims=True)
params = model.init(jax.random.PRNGKey(0), x)
optimizer = optax.sgd(0.1, momentum=0.9)
opt_state = optimizer.init(params)


def loss(params, x, y):
    return jnp.mean((model.apply(params, x) - y) ** 2)


@jax.jit
def step(params, opt_state, x, y):
    value, gradients = jax.value_and_grad(loss)(params, x, y)
    updates, opt_state = optimizer.update(gradients, opt_state)
    return optax.apply_updates(params, updates), opt_state, value
