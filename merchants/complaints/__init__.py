"""Malicious reviews: complained about by shops, judged by people, flagged with two signals, measured."""
