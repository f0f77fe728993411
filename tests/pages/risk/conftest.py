"""The project of the thread, for the screens about risk."""

from tests.test_the_thread import told as told
