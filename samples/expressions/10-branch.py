# A branch: where(condition, one, other)
# inputs: x=[-1.0, 2.0]; y=[3.0, 4.0]
sum(where(x > 0, x*y, y/2))
