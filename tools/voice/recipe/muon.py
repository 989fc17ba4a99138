"""An optimiser for a transformer's matrices: momentum with equalised singular values (Jordan et al. 2024, "Muon").

Matrices learn a few times faster than with Adam, at the cost of a few more matrix products per step.
"""
from collections import defaultdict

import torch

COEFFICIENTS, ROUNDS = (3.4445, -4.7750, 2.0315), 5


def orthogonalised(matrices, kind):
    """About U Vᵀ of each of some matrices U S Vᵀ, [N, outputs, inputs], by Newton and Schulz's iteration."""
    a, b, c = COEFFICIENTS
    x = matrices.to(kind)
    x = x / (x.flatten(1).norm(dim=1)[:, None, None] + 1e-7)
    wide = x.shape[1] <= x.shape[2]
    x = x if wide else x.transpose(1, 2)
    for _ in range(ROUNDS):
        gram = x @ x.transpose(1, 2)
        x = a * x + torch.baddbmm(gram, gram, gram, beta=b, alpha=c) @ x
    return (x if wide else x.transpose(1, 2)).to(matrices.dtype)


class Muon(torch.optim.Optimizer):
    def __init__(self, matrices, lr, momentum=0.95, weight_decay=0.0, kind=torch.float32):
        super().__init__(matrices, {"lr": lr, "momentum": momentum, "weight_decay": weight_decay})
        self.kind = kind

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            alike = defaultdict(list)  # matrices of equal shape together: one product instead of dozens
            for weight in group["params"]:
                if weight.grad is not None:
                    alike[weight.shape].append(weight)
            for shape, weights in alike.items():
                self._step(group, shape, weights)

    def _step(self, group, shape, weights):
        gradients = torch.stack([weight.grad for weight in weights])
        kept = torch.stack([self.state[weight].setdefault("momentum", torch.zeros_like(weight)) for weight in weights])
        kept.lerp_(gradients, 1 - group["momentum"])
        updates = orthogonalised(gradients.lerp_(kept, group["momentum"]), self.kind)
        scale = max(1.0, shape[0] / shape[1]) ** 0.5
        for weight, momentum, update in zip(weights, kept, updates):
            self.state[weight]["momentum"].copy_(momentum)
            weight.mul_(1 - group["lr"] * group["weight_decay"]).add_(update, alpha=-group["lr"] * scale)
