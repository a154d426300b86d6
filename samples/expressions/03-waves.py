# Waves: sin² + cos
# inputs: x=0.8
sin(x)**2 + cos(x)
