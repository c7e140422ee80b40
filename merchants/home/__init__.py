"""The merchants' home: where a shop stands, what it has to do by when, who speaks and who is called."""
