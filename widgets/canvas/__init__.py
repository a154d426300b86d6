"""The graph on screen: one widget that paints an `explorer.picture.scene.Scene`."""
