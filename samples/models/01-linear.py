import torch
from torch import nn

torch.manual_seed(0)

model = nn.Linear(3, 2)
x = torch.randn(4, 3)
