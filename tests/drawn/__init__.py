"""Files drawn by chance whose truth is known: how they look in the wild, what may be wrong with them, and whether a reading is right or told."""
