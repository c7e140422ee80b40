"""Reads of the radio, shaped for its pages."""
