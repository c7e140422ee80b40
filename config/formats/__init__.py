"""How forms and tables of packages write dates; the fronts have their own words."""
