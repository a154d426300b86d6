"""The numbers of one tensor: heat map, histogram, statistics."""
