"""The project of the whole thread, for tests of its score."""

from tests.test_the_thread import told as told
