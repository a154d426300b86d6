import torch
from torch import nn

torch.manual_seed(0)


class CNN(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 4, kernel_size=3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
        )
        self.head = nn.Linear(4 * 4 * 4, 10)

    def forward(self, images):
        maps = self.features(images)
        return self.head(maps.flatten(1))


model = CNN()
images = torch.randn(2, 1, 8, 8)
