import torch
from torch import nn

torch.manual_seed(0)


class LSTMCell(nn.Module):
    def __init__(self, inputs, units):
        super().__init__()
        self.of_input = nn.Linear(inputs, 4 * units)
        self.of_state = nn.Linear(units, 4 * units, bias=False)

    def forward(self, x, h, c):
        gates = self.of_input(x) + self.of_state(h)
        i, f, g, o = gates.chunk(4, dim=-1)
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
        h = torch.sigmoid(o) * torch.tanh(c)
        return h, c


cell = LSTMCell(3, 5)
x = torch.randn(2, 3)
h = torch.zeros(2, 5)
c = torch.zeros(2, 5)
