"""The merchant experience score (店铺体验分): metrics, ranks, warnings, and what they open or close."""
