"""The workshop's note board, as the browser asks for it and changes it."""
