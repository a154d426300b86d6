"""Which digit key was pressed, also with Shift, where the sign it makes depends on the keyboard layout."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QKeyEvent

# Where keys 1..9 are: scan codes of evdev plus 8 (X11, Wayland), of Windows, and virtual key codes of macOS.
SCAN_CODES: Final = {
    "xcb": {10 + key: key + 1 for key in range(9)},
    "wayland": {10 + key: key + 1 for key in range(9)},
    "windows": {2 + key: key + 1 for key in range(9)},
}
MAC_KEYS: Final = {18: 1, 19: 2, 20: 3, 21: 4, 23: 5, 22: 6, 26: 7, 28: 8, 25: 9}


def digit(event: QKeyEvent) -> int:
    """1 to 9; 0 for any other key."""
    number = int(event.key()) - int(Qt.Key.Key_0)
    if 1 <= number <= 9:
        return number
    if not event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
        return 0
    if QGuiApplication.platformName() == "cocoa":
        return MAC_KEYS.get(event.nativeVirtualKey(), 0)
    return SCAN_CODES.get(QGuiApplication.platformName(), {}).get(event.nativeScanCode(), 0)
