"""Races: the assignment to codes beside a library's, the head on scores beside the reference's."""
