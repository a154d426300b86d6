"""Write the stored printouts anew: `python tests/core/hlo_texts/make.py jax`, and `tensorflow`.

Made with JAX 0.10.2 and TensorFlow 2.21.0 on the CPU. Paths of the machine are taken out; nothing else is changed.
"""

from __future__ import annotations

import linecache
import re
import sys
from pathlib import Path

HERE = Path(__file__).parent
LOSS = """def loss(p, x, y):
    with jax.named_scope("hidden"):
        h = jnp.tanh(x @ p["w1"] + p["b1"])
    with jax.named_scope("out"):
        z = h @ p["w2"] + p["b2"]
    return jnp.mean((z - y) ** 2)
"""
LOOPS = """def loops(x, w):
    def step(h, _):
        return jnp.tanh(h @ w), h.sum()
    h, sums = jax.lax.scan(step, x, None, length=5)
    return jax.lax.cond(sums[0] > 0, lambda h: jnp.sort(h), lambda h: h * 2, h).sum() + sums.max()
"""


def store(name: str, text: str) -> None:
    (HERE / f"{name}.txt").write_text(re.sub(r'"(?:/[^"/]+)+/([^"/]+\.py)"', r'"\1"', text), "utf-8")


def for_jax() -> None:
    import jax
    import jax.numpy as jnp
    from jax.extend import core as jex

    def user(text: str, name: str):
        linecache.cache[name] = (len(text), None, text.splitlines(True), name)
        scope = {"jnp": jnp, "jax": jax}
        exec(compile(text, name, "exec"), scope)
        return scope

    def tagged(closed):
        """The program of a jaxpr, every equation under a scope of its own."""

        def body(*arguments):
            env = dict(zip(closed.jaxpr.constvars, closed.consts, strict=True))
            env.update(zip(closed.jaxpr.invars, arguments, strict=True))

            def read(var):
                return var.val if isinstance(var, jex.Literal) else env[var]

            for number, eqn in enumerate(closed.jaxpr.eqns):
                with jax.named_scope(f"eq_{number}_"):
                    found = eqn.primitive.bind(*map(read, eqn.invars), **eqn.primitive.get_bind_params(eqn.params))
                env.update(zip(eqn.outvars, found if eqn.primitive.multiple_results else [found], strict=True))
            return [read(var) for var in closed.jaxpr.outvars]

        return body

    forward = user("def forward(a, b):\n    return a*(a+b)\n", "<user-1>")["forward"]
    lowered = jax.jit(jax.value_and_grad(forward, argnums=(0, 1))).lower(2.0, 3.0)
    store("jax-expression.hlo", lowered.as_text(dialect="hlo", debug_info=True))
    store("jax-expression.optimized_hlo", lowered.compile().as_text())

    shapes = {"b1": 8, "b2": 1, "w1": (4, 8), "w2": (8, 1)}
    given = {name: jnp.ones(shape) for name, shape in shapes.items()}, jnp.ones((3, 4)), jnp.ones((3, 1))
    gradient = jax.value_and_grad(user(LOSS, "<user-2>")["loss"])
    store("jax-mlp.hlo", jax.jit(gradient).lower(*given).as_text(dialect="hlo", debug_info=True))
    leaves, tree = jax.tree.flatten(given)
    closed = jax.make_jaxpr(lambda *flat: gradient(*jax.tree.unflatten(tree, flat)))(*leaves)
    store("jax-mlp-tagged.optimized_hlo", jax.jit(tagged(closed)).lower(*leaves).compile().as_text())

    lowered = jax.jit(user(LOOPS, "<user-3>")["loops"]).lower(jnp.ones(4), jnp.ones((4, 4)))
    store("jax-loops.hlo", lowered.as_text(dialect="hlo", debug_info=True))
    store("jax-loops.optimized_hlo", lowered.compile().as_text())


def for_tensorflow() -> None:
    import tensorflow as tf

    layers = [tf.keras.layers.Dense(8, activation="tanh", name="hidden"), tf.keras.layers.Dense(1, name="out")]
    model = tf.keras.Sequential(layers, name="mlp")
    x, y = tf.ones((3, 4)), tf.ones((3, 1))
    model(x)

    @tf.function(jit_compile=True)
    def gradients(x, y):
        loss = tf.reduce_mean((model(x) - y) ** 2)
        return [loss, *tf.gradients(loss, [x, y], name="bwd")]

    @tf.function(jit_compile=True)
    def loops(x):
        i = tf.constant(0)
        while i < 5:
            x = tf.tanh(x)
            i += 1
        return x * 2 if tf.reduce_sum(x) > 0 else x - 1

    for name, function, given in (("mlp", gradients, (x, y)), ("loops", loops, (tf.ones(4),))):
        for stage in ("hlo", "optimized_hlo"):
            store(f"tensorflow-{name}.{stage}", function.experimental_get_compiler_ir(*given)(stage=stage))


if __name__ == "__main__":
    {"jax": for_jax, "tensorflow": for_tensorflow}[sys.argv[1]]()
