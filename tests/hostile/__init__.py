"""Hostile input and every door: whoever adds a door is asked by these tests without being asked to."""
