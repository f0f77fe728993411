"""Sketches for the demo lab's prototypes."""

from __future__ import annotations

import io
import random

from PIL import Image, ImageDraw


def drawing(chance: random.Random) -> bytes:
    """A sketch of a letter, as somebody might have drawn it."""
    image = Image.new("RGB", (900, 640), "#f6f1e4")
    draw = ImageDraw.Draw(image)
    draw.rounded_rectangle((180, 40, 720, 600), 12, fill="white", outline="#4a4a4a", width=3)
    draw.rectangle((230, 100, 560, 160), fill=chance.choice(["#0b5f66", "#7a3b1d", "#3b4a7a"]))
    for line in range(3):
        top = 220 + 60 * line
        draw.line(
            (230, top, 480 + chance.randint(0, 180), top + chance.randint(-4, 4)), fill="#777", width=10
        )
    draw.ellipse((560, 470, 660, 570), outline="#b3261e", width=8)
    content = io.BytesIO()
    image.save(content, "PNG")
    return content.getvalue()
