"""TensorFlow, imported with its start-up noise turned down. Every file here takes `tf` from this one."""

from __future__ import annotations

import os

# Read once, when the library is loaded; what the user has set stays.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")

import tensorflow as tf

__all__ = ["tf"]
