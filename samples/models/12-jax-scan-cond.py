import jax
import jax.numpy as jnp
from jax import lax


def settle(start, pushes):
    """Where a damped ball comes to rest that gets one push after the other."""

    def move(state, push):
        place, speed = state
        speed = lax.cond(place > 0.0, lambda v: 0.5 * v, lambda v: v + 0.1, speed) + push
        return (place + speed, speed), place

    (place, _), path = lax.scan(move, (start, 0.0), pushes)
    return place + jnp.mean(path)


rest = jax.jit(jax.vmap(settle, in_axes=(0, None)))

start = jnp.array([-1.0, 0.5, 2.0])
pushes = jnp.array([0.3, -0.2, 0.1, 0.0])
