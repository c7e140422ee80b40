"""Every change of the merchants' house, one file a noun."""
